"""Reading Mermaid flowcharts."""
