"""What a run of the benchmarks has at hand."""

from pathlib import Path

import msgspec

from benchmarks.measuring import Measurer


class Run(msgspec.Struct, frozen=True):
    """`work` is an empty folder that goes with the run, `cache` one that stays; `quick` is a trial of the measures."""

    measure: Measurer
    work: Path
    cache: Path
    quick: bool

    def turns(self, full: int) -> int:
        """How many turns a measure takes."""
        return 3 if self.quick else full

    def folder(self, name: str) -> Path:
        """Make a folder for this run."""
        path = self.work / name
        path.mkdir(parents=True)
        return path
