"""What finds secrets: one module for each way in which they are written."""
