"""The browser code that draws charts: `python -m tools.charts` writes src/dangol/web/static/js/vega.js.

vl-convert carries Vega, Vega-Lite and vega-embed and bundles them without Node. The file is committed, so that an
installation needs no network and a reader can see what is served.
"""

import re
from pathlib import Path

import vl_convert

TARGET = Path(__file__).resolve().parent.parent / "src" / "dangol" / "web" / "static" / "js" / "vega.js"
SNIPPET = "window.vegaEmbed = vegaEmbed;"
HEADER = """/*! Bundled by tools/charts.py with vl-convert {bundler}. Do not edit.
 * Vega {vega}, Vega-Lite {lite}, vega-embed {embed}, vega-interpreter and vega-tooltip:
 * Copyright (c) 2015-2023, University of Washington Interactive Data Lab; vega-embed also (c) 2013-2018, Trifacta Inc.
 * BSD 3-Clause License. d3 modules: Copyright (c) 2010-2023 Mike Bostock, ISC License.
 */
"""


def bundle() -> str:
    """The bundle with its header."""
    code = vl_convert.javascript_bundle(SNIPPET)
    versions = {
        "bundler": vl_convert.__version__,
        "vega": vl_convert.get_vega_version(),
        "lite": sorted(vl_convert.get_vegalite_versions(), key=_order)[-1],
        "embed": vl_convert.get_vega_embed_version(),
    }
    return HEADER.format(**versions) + "(() => {" + code + "})();\n"


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


if __name__ == "__main__":
    TARGET.write_text(bundle(), "utf-8")
    print(f"{TARGET.relative_to(TARGET.parents[5])}: {TARGET.stat().st_size:,} bytes")
