"""Commands in the documents are commands; tests/jobs/test_documents_run.py runs what can run.

A block marked ``sh`` is run line by line. What cannot run says why: ``sh skip="needs a cluster"``. Blocks without a
mark (README's) are parsed only, if they hold commands.
"""

import re

import pytest
from document_blocks import DATA, FENCE, SKIPPED, blocks, documents, holds_commands, problem

from orchestration.cli import cli


def test_every_block_is_run_or_says_why_not():
    wrong = [f"{block.file}: mark the block `{block.lines[:1]}` as sh, sh skip=\"why\", or one of {sorted(DATA)}"
             for block in blocks() if block.file.startswith("docs/")
             and not (block.runs or SKIPPED.fullmatch(block.info) or block.info in DATA)]
    assert not wrong, "\n".join(wrong)


def test_every_command_of_every_block_could_run():
    checked, wrong = 0, []
    for block in blocks():
        if block.runs or SKIPPED.fullmatch(block.info) or holds_commands(block):
            for line in block.lines:
                checked += 1
                wrong += [f"{block.file}: {said}" for said in [problem(line)] if said]
    assert checked > 50
    assert not wrong, "\n".join(wrong)


def test_every_command_in_a_sentence_is_one():
    """`dreamseed ...` between backticks; words in capitals stand for what the reader knows."""
    wrong = []
    for name, text in documents().items():
        for said in re.findall(r"`(dreamseed [a-z][a-z-]*)", FENCE.sub("", text)):
            if said.split()[1] not in cli.commands:
                wrong.append(f"{name}: there is no `{said}`")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("line", "words"), [
    ("dreamseed rnu survival", "no command"), ("dreamseed runs --limt 5", "No such option"),
    ("dreamseed whatif A=1", "Missing option"), ("make tset", "no target"), ("kubectl -n seedtest gte pods", "gte"),
    ("deamseed status", "no command"), ("scripts/nothing.sh", "there is no")])
def test_a_misspelt_command_is_found(line, words):
    assert words in problem(line)
