"""A run of the benchmarks: its measurer and its folders."""

from pathlib import Path

import msgspec

from benchmarks.measure.measuring import Measurer


class Run(msgspec.Struct, frozen=True):
    """`work` is an empty folder, removed after the run; `cache` stays; a `quick` run only tries everything."""

    measure: Measurer
    work: Path
    cache: Path
    quick: bool

    def turns(self, full: int) -> int:
        """Return the number of rounds to measure."""
        return 3 if self.quick else full

    def folder(self, name: str) -> Path:
        """Create a folder for this run and return it."""
        path = self.work / name
        path.mkdir(parents=True)
        return path
