"""What axe-core finds on a page: the rules of WCAG 2.2 up to AA, and the practice that helps whoever listens to the page.

The source is evaluated from outside the page, so that the page's own policy against foreign scripts stays in force and is tested too.
"""

from functools import cache
from typing import Any

from playwright.async_api import Page

from ops.home import ROOT

_SOURCE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async tags => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.flatMap(rule => rule.nodes.map(node => ({
    rule: rule.id, element: node.target.flat(2).join(" "), html: node.html, help: rule.help, why: node.failureSummary,
  })));
}"""


@cache
def _source() -> str:
    """Raises FileNotFoundError where the development tools are not installed (`make test` does it)."""
    return _SOURCE.read_text(encoding="utf-8")


async def judged(page: Page) -> list[str]:
    """One sentence for each element that breaks a rule: the rule, the element, why, and what to do."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())
    found: list[dict[str, Any]] = await page.evaluate(_RUN, _TAGS)
    return [f"{f['rule']} at {page.url}: {f['element']}\n  {f['html'][:300]}\n  {f['help']}. {f['why']}" for f in found]
