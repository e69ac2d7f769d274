"""The page in a real browser: its own policy lets it work, and lets nothing else happen."""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from recon_assets.comparison.result import Verdict
from recon_assets.reports.html import write_html
from recon_assets_tests.reports.examples import comparison, different, explained, report
from recon_assets_tests.reports.test_html import ATTACKS, DRAFT, attacked


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.fail("the browser tests need Chromium: install the packages chromium and chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
        "--window-size=1400,1000",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


@pytest.fixture
def show(browser, tmp_path):
    def show(*reports) -> None:
        write_html(reports, tmp_path / "page.html")
        browser.get((tmp_path / "page.html").as_uri())

    return show


def shown(browser: Chrome, selector: str) -> list[str]:
    return [e.text for e in browser.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]


def test_the_page_works_under_its_own_policy_and_loads_nothing(browser, show):
    show(report(), DRAFT)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.find_element(By.CSS_SELECTOR, ".pill.no").value_of_css_property("border-radius") == "99px"
    assert browser.find_element(By.ID, "filter").is_displayed()


def test_hostile_data_runs_nothing(browser, show):
    show(*(attacked(text.replace("alert(1)", "document.title='attacked'")) for text in ATTACKS))
    assert browser.title == "Reconciliation report"
    assert browser.get_log("browser") == []
    assert len(browser.find_elements(By.CSS_SELECTOR, "article")) == len(ATTACKS)


def test_the_filter_hides_rows_and_their_sections(browser, show):
    show(report(), report(output="result", expected=Verdict.NO_MATCH), DRAFT)
    find = browser.find_element(By.ID, "find")
    find.send_keys("draft")
    assert len(shown(browser, "tr[data-output]")) == len(shown(browser, "article")) == 1
    assert shown(browser, "#shown") == ["1 of 3"]
    find.send_keys("\b" * 5)
    assert len(shown(browser, "article")) == 3
    browser.find_element(By.ID, "unexpected").click()
    assert "result" in shown(browser, "tr[data-output]")[0]
    assert len(shown(browser, "article")) == 1


def test_a_link_to_folded_samples_unfolds_them(browser, show):
    columns = [different(f"column_{i}", ("1", "2")) for i in range(1, 6)]
    show(report(comparison(verdict=Verdict.PARTIAL_MATCH, columns=columns)))
    assert len(shown(browser, ".samples")) == 3
    browser.find_element(By.LINK_TEXT, "column_5").click()
    assert len(shown(browser, ".samples")) == 4


def test_a_reader_sees_why_above_the_figures_and_what_needs_a_look_stands_out(browser, show):
    show(report(explained()))
    leads = shown(browser, ".leads li")
    assert leads[0].split("\n") == [
        "purchases_amount", "rounded half up to 1 digit in the target", "12,000 of 12,500 rows",
    ]  # fmt: skip
    assert len(leads) == 7
    top = browser.find_element(By.CSS_SELECTOR, ".leads")
    assert top.location["y"] < browser.find_element(By.CSS_SELECTOR, ".figures").location["y"]
    known, unexplained = (
        browser.find_element(By.CSS_SELECTOR, f".cause{which}").value_of_css_property("background-color")
        for which in (":not(.unexplained)", ".unexplained")
    )
    assert known != unexplained


def test_a_cause_shows_its_share_as_a_bar_and_its_samples_with_the_difference_marked(browser, show):
    show(report(explained()))
    [first, *_] = browser.find_elements(By.CSS_SELECTOR, ".cause")
    bar, whole = (first.find_element(By.CSS_SELECTOR, part).rect["width"] for part in (".bar rect", ".bar"))
    assert bar / whole == pytest.approx(0.96, abs=0.01)
    assert [mark.text for mark in first.find_elements(By.CSS_SELECTOR, "mark")] == ["4", "25", "3"]


def test_a_reason_leads_to_its_causes(browser, show):
    show(report(explained()))
    for name, first in (("income_amount", "NULL against a constant"), ("extra rows", "NULL in the key")):
        browser.find_element(By.CSS_SELECTOR, ".leads").find_element(By.LINK_TEXT, name).click()
        place = browser.execute_script("return document.querySelector(':target')")
        assert place.find_element(By.CSS_SELECTOR, ".cause .label").text == first


def test_paper_is_white_also_where_the_screen_is_dark(browser, show):
    show(report(explained()))
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    seen = {}
    for media in ("screen", "print"):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": dark})
        seen[media] = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert seen["print"] == "rgba(255, 255, 255, 1)"
    assert seen["screen"] != seen["print"]


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_the_page_itself_never_scrolls_sideways(browser, show, width):
    wide = {f"a_rather_long_column_name_{i}": "x" * 300 for i in range(40)}
    show(report(comparison(verdict=Verdict.NO_MATCH, extra_rows=1, extra_samples=[wide])), DRAFT, report(explained()))
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
