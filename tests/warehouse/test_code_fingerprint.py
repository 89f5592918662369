"""Whatever macro or setting a model rests on is part of the fingerprint of its code: nothing is listed by hand."""

import json
import re

import dbt_in_process
from builders import AS_OF

from orchestration.dbt import Dbt
from orchestration.graph.manifest import Manifest

# Prints the names of the macros and settings that the fingerprint of each model holds.
NAMES = """
{%- set macros, names = macros_and_settings(), {} -%}
{%- for uid, node in graph.nodes.items() if node.resource_type == 'model' -%}
    {%- do names.update({uid: names_behind(node.raw_code, macros)}) -%}
{%- endfor -%}
{{- tojson(names) -}}
"""


def behind(start, macros):
    """The project's macros behind these unique ids, as dbt itself finds them while it parses."""
    found, queue = set(), list(start)
    while queue:
        uid = queue.pop()
        if uid.startswith("macro.dreamseed_analytics.") and uid not in found:
            found.add(uid)
            queue += macros[uid]["depends_on"]["macros"]
    return found


def test_the_fingerprint_holds_every_macro_and_setting_that_a_model_rests_on(settings_for, database_url):
    dbt = Dbt(settings_for(database_url), database_url, AS_OF)
    code, printed = dbt_in_process.read(["--quiet", "compile", "--inline", NAMES], dbt.environment())
    assert code == 0, printed
    fingerprinted = json.loads(printed)
    manifest = Manifest.read(dbt_in_process.parsed_manifest()).content
    macros = manifest["macros"]
    missing, settings = {}, 0
    for uid, names in fingerprinted.items():
        model = manifest["nodes"][uid]
        hooks = " ".join(hook["sql"] for hook in model["config"]["post-hook"] + model["config"]["pre-hook"])
        needed = behind([macro for macro in model["depends_on"]["macros"] if macros[macro]["name"] not in hooks],
                        macros)
        texts = [model["raw_code"], *(macros[macro]["macro_sql"] for macro in needed)]
        named = {name for text in texts for name in re.findall(r"setting\('(\w+)'\)", text)}
        settings += len(named)
        missing[uid] = ({macros[macro]["name"] for macro in needed} | named) - set(names)
    assert len(fingerprinted) > 100 and settings > 40
    assert not {uid: names for uid, names in missing.items() if names}
