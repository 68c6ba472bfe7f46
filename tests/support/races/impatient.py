"""The program with little patience: it waits a moment, not ten seconds, for a store that another program holds.

Called as the program would be, with that before it: `python impatient.py rflow note …`.
"""

import sys

from rflow import stores
from rflow.cli.main import main

if __name__ == "__main__":
    assert stores.open_store.__kwdefaults__ is not None
    stores.open_store.__kwdefaults__["patience"] = 0.2
    del sys.argv[0]
    main()
