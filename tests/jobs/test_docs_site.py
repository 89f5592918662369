"""The docs site as a person sees it: one static file in a real headless browser."""

import html
import json
import re
import shutil
import subprocess
from urllib.parse import unquote

import pytest
from builders import AS_OF

from orchestration.graph.manifest import Manifest

pytestmark = pytest.mark.slow(reason="draws the graph in a real browser", concerns=["dbt_project/*", "orchestration/*"])
PROJECT = "dreamseed_analytics"
# Asks the page's own graph service, after the page has run the query of its address, what it draws.
PROBE = """<script>
(function poll(times) {
    var shown = document.getElementById('probe');
    if (!shown) { shown = document.createElement('i'); shown.id = 'probe'; document.body.appendChild(shown); }
    var injector = window.angular && angular.element(document.body).injector();
    var graph = injector && injector.get('graph').graph;
    var elements = graph && graph.elements || [];
    shown.setAttribute('data-shown', JSON.stringify({
        canvases: Array.from(document.querySelectorAll('canvas')).filter(c => c.width > 300).length,
        nodes: elements.filter(e => e.group === 'nodes' || !e.data.source).map(e => e.data.id),
        edges: elements.filter(e => e.data.source).map(e => [e.data.source, e.data.target])}));
    if (times < 60) { setTimeout(poll, 200, times + 1); }
})(0);
</script>"""


@pytest.fixture(scope="module")
def site(school):
    """The page that `dreamseed docs` writes."""
    return school.docs(AS_OF)


@pytest.fixture(scope="module")
def manifest(site):
    """The manifest that the page was made from."""
    return Manifest.read(site.parent / "manifest.json")


@pytest.fixture
def look(site, tmp_path):
    """Open the page at an address in Chromium; return its DOM after scripts have run, and what its graph draws."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium (r-services/apt-packages.txt) is not installed")
    page = tmp_path / "site.html"
    page.write_text(site.read_text(encoding="utf-8").replace("</body>", f"{PROBE}</body>"), encoding="utf-8")

    def open_at(address):
        answer = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1500,1000", "--virtual-time-budget=15000",
             "--dump-dom", page.as_uri() + address],
            capture_output=True, text=True, timeout=180, check=True)
        shown = re.search(r'<i id="probe" data-shown="([^"]*)"', answer.stdout)
        assert shown, "the page did not run its scripts"
        return answer.stdout, json.loads(html.unescape(shown.group(1)))
    return open_at


def path_exists(edges, start, end):
    reached, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        new = [target for source, target in edges if source == here and target not in reached]
        reached.update(new)
        waiting += new
    return end in reached


def feeds(manifest, fit, node):
    return any(uid.startswith(f"source.{PROJECT}.{fit}.") for uid in manifest.ancestors(node))


def overview(manifest):
    return manifest.content["docs"][f"doc.{PROJECT}.__overview__"]["block_contents"]


def test_the_site_opens_with_the_datas_way_and_its_links(look, manifest):
    dom, _ = look("#!/overview")
    links = set(map(html.unescape, re.findall(r'href="(#!/[^"]+)"', dom)))
    assert re.search(r"<h1[^>]*>From answers to decisions</h1>", dom)
    assert f"Readers see release 1 as of {AS_OF}" in dom
    missing = set(re.findall(r"\]\((#!/[^)]+)\)", overview(manifest))) - links
    assert not missing, f"the page does not show these links: {missing}"


def test_every_link_of_the_overview_leads_to_a_node(manifest):
    nodes = manifest.content["nodes"] | manifest.content["sources"] | manifest.content["exposures"]
    names = {node["name"] for node in nodes.values()}
    wrong = []
    for link in re.findall(r"\]\((#!/[^)]+)\)", overview(manifest)):
        page = re.fullmatch(r"#!/(model|source|exposure|snapshot)/(\1\.[\w.]+)", link)
        graph = re.fullmatch(r"#!/overview\?g_v=1&g_i=(.+)", link)
        if not (page and page.group(2) in nodes) and not (graph and unquote(graph.group(1)).strip("+") in names):
            wrong.append(f"{link}: name a model, source, exposure or snapshot that exists")
    assert not wrong, "\n".join(wrong)


def test_the_overview_walks_the_way_in_order(manifest):
    """From the application to decisions, each step later in the text than the one before."""
    text = overview(manifest)
    steps = ["app.exam_results)", ".attempt)", ".features_topic_daily)", "_input)", "runs.fit_run)", ".weekly_kpi)"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    landed = text.index("### 6")
    assert places[-2] < landed < text.index("stg_", landed) < places[-1]


def test_the_graph_from_answers_to_kpis_passes_through_every_fit(look, manifest):
    """Drawn by the page itself: without the fits' nodes the way they feed would be gone from it."""
    _, graph = look("#!/overview?g_v=1&g_i=%2Bweekly_kpi")
    kpi, start = f"model.{PROJECT}.weekly_kpi", f"source.{PROJECT}.app.exam_results"
    assert graph["canvases"] >= 1
    assert {kpi, start} <= set(graph["nodes"])
    assert path_exists(graph["edges"], start, kpi)
    for name in manifest.fits():
        if not feeds(manifest, name, kpi):
            continue  # it ends elsewhere: the other test looks
        received = f"model.{PROJECT}.{name}_input"
        staged = [node for node in graph["nodes"] if node.startswith(f"model.{PROJECT}.stg_{name}__")]
        assert path_exists(graph["edges"], start, received), f"{name}: nothing leads from the answers to its input"
        assert any(path_exists(graph["edges"], received, node) and path_exists(graph["edges"], node, kpi)
                   for node in staged), f"{name}: the way from its input to weekly_kpi is broken"
        assert any(node.startswith(f"source.{PROJECT}.{name}.") for node in graph["nodes"]), \
            f"{name}: its landing tables are not on the way"


def test_the_graph_of_every_other_fit_leads_from_answers_to_what_people_read(look, manifest):
    """A fit that goes on from the KPIs, or is of the whole school: through input and staging to a mart."""
    start, kpi = f"source.{PROJECT}.app.exam_results", f"model.{PROJECT}.weekly_kpi"
    fits = [name for name in manifest.fits() if not feeds(manifest, name, kpi)]
    assert fits
    for name in fits:
        _, graph = look(f"#!/overview?g_v=1&g_i=%2B{name}_input%2B")
        received = f"model.{PROJECT}.{name}_input"
        read = [uid for uid, node in manifest.content["nodes"].items() if uid.startswith("model.")
                and node["fqn"][1] == "kpis" and received in manifest.ancestors(uid)]
        assert path_exists(graph["edges"], start, received), f"{name}: nothing leads from the answers to its input"
        assert any(path_exists(graph["edges"], received, uid) for uid in read), f"{name}: nobody reads it"
