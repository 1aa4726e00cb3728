"""Flags and checks in the side panel: what they say, and that everything else follows them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.test_results_layout import change, state
from tests.browser.test_results_plot import LOADED

NONE_BAD = str(2**7 + 2**32 + 2**33)
NOMINAL = str(2**63 - 1 - 2**21)


def open_results(page, seeded, name="measured", query=""):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}")
    page.wait_for_function(LOADED)
    return page


def flag_line(page, name):
    return page.locator(".flag-line").filter(
        has=page.locator(".chip", has_text=re.compile(f"^{name}$"))
    )


def preset(page, label):
    return page.get_by_role("radio", name=re.compile(f"^{label} "))


def kept(page):
    return page.locator("#flags-kept")


def press(page, key, rows):
    """Press a key while the table shows these rows, in this order."""
    page.evaluate(
        """([key, rows]) => {
          window.results.store.setKept(Int32Array.from(rows), Int32Array.from(rows));
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }""",
        [key, rows],
    )
    return state(page, "row")


def test_presets_filter_at_once_and_stay_in_the_address(owner, seeded):
    page = open_results(owner, seeded)
    expect(kept(page)).to_have_text("kept 233 of 233")
    expect(preset(page, "All")).to_be_checked()
    preset(page, "None bad").check()
    expect(kept(page)).to_have_text("kept 180 of 233")
    assert state(page, "mask") == NONE_BAD
    expect(page.locator("#flags-mask-decimal")).to_have_text(NONE_BAD)
    expect(page.locator("#flags-mask-hex")).to_have_text("0x300000080")
    preset(page, "Nominal").check()
    expect(kept(page)).to_have_text("kept 154 of 233")
    expect(page.locator("#flags-mask-hex")).to_have_text("0x7FFFFFFFFFDFFFFF")
    page.wait_for_url(re.compile(NOMINAL))
    page.reload()
    expect(preset(page, "Nominal")).to_be_checked()
    expect(page.locator("#flags-mask-decimal")).to_have_text(NOMINAL)


def test_presets_are_said_in_full_and_counted(owner, seeded):
    page = open_results(owner, seeded)
    expect(page.locator(".flags-preset")).to_have_text(
        [
            "All every measurement233",
            "None bad without DICHROIC, CONTAINS_BAD_PIXEL, FIT_ERROR180",
            "Strict without any flag but the benign SOURCE, FULLSAMPLE154",
            "Nominal flags 0 or SOURCE alone154",
            "Custom set by the ticks below",
        ]
    )


def test_ticks_drop_single_flags(owner, seeded):
    page = open_results(owner, seeded)
    line = flag_line(page, "FIT_ERROR")
    expect(line.locator(".flag-count")).to_have_text("3")
    expect(line).to_contain_text(
        "reject \u00b7 2\u00b3\u00b3 = 8589934592 \u00b7 No flux could be fitted"
    )
    line.get_by_role("checkbox").uncheck()
    expect(kept(page)).to_have_text("kept 230 of 233")
    expect(line.locator(".flag-count")).to_have_text("3, 3 dropped")
    expect(preset(page, "Custom")).to_be_checked()
    assert state(page, "mask") == str(2**33)
    flag_line(page, "CONTAINS_BAD_PIXEL").get_by_role("checkbox").uncheck()
    flag_line(page, "DICHROIC").get_by_role("checkbox").uncheck()
    # It is a preset after all.
    expect(preset(page, "None bad")).to_be_checked()
    line.get_by_role("checkbox").check()
    expect(kept(page)).to_have_text("kept 183 of 233")


def test_custom_is_what_was_chosen_even_before_a_tick(owner, seeded):
    page = open_results(owner, seeded)
    preset(page, "Custom").check()
    expect(preset(page, "Custom")).to_be_checked()
    assert state(page, "mask") == "0"


def test_flags_that_no_measurement_has_are_a_click_away(owner, seeded):
    page = open_results(owner, seeded)
    expect(page.locator("#flags-present .flag-line")).to_have_count(5)
    hot = flag_line(page, "HOT")
    expect(hot).to_be_hidden()
    page.get_by_text("All flags", exact=True).click()
    expect(hot).to_be_visible()
    expect(page.locator(".flag-line")).to_have_count(30)
    hot.get_by_role("checkbox").uncheck()
    assert state(page, "mask") == "1024"


def test_only_these_is_a_condition_that_can_be_read_and_undone(owner, seeded):
    page = open_results(owner, seeded)
    change(page, mask=NONE_BAD)
    only = flag_line(page, "CONTAINS_BAD_PIXEL").get_by_role("button")
    only.click()
    assert state(page, "sql") == 'MOD(FLOOR("flags" / POWER(2, 32)), 2) = 1'
    assert state(page, "mask") == str(2**33 + 2**7)
    expect(kept(page)).to_have_text("kept 25 of 25 \u00b7 filters leave out 208 more")
    expect(only).to_have_attribute("aria-pressed", "true")
    flag_line(page, "TRANSIENT").get_by_role("button").click()
    expect(kept(page)).to_contain_text("kept 26 of 26")
    flag_line(page, "TRANSIENT").get_by_role("button").click()
    assert state(page, "sql") == ""
    change(page, sql="flux < 0 OR flux > 1000")
    only.click()
    assert state(page, "sql") == (
        '(flux < 0 OR flux > 1000) AND MOD(FLOOR("flags" / POWER(2, 32)), 2) = 1'
    )
    expect(kept(page)).to_contain_text("kept 25 of 25")


def test_arithmetic_of_masks_beyond_32_and_53_bits(owner, seeded):
    page = open_results(owner, seeded)
    found = page.evaluate(
        """async () => {
          const masks = await import("/static/js/results/flags_mask.js");
          return {
            bits: masks.bitsOf("4297064449"),
            high: masks.bitsOf("9223372036854775807").length,
            drops: [31, 32, 33, 0, 1].map((bit) => masks.drops("12884901889", bit)),
            toggled: masks.toggled("9223372036854775807", 21),
            back: masks.toggled("0", 62),
            without: masks.without("12884901888", 32),
            unharmed: masks.without("1", 32),
            hex: masks.hexadecimal("9223372034707292159"),
            mangled: ["x", null, "-1", "1.5", [], {}].map((mask) => masks.hexadecimal(mask)),
            alone: masks.onlyWith("(a) OR (b)", 3),
            kept: masks.onlyWith("((a) OR (b))", 3),
          };
        }"""
    )
    assert found == {
        "bits": [32, 21, 0],
        "high": 63,
        "drops": [False, True, True, True, False],
        "toggled": NOMINAL,
        "back": str(2**62),
        "without": str(2**33),
        "unharmed": "1",
        "hex": hex(9223372034707292159).upper().replace("X", "x"),
        "mangled": ["0x0", "0x0", "0xFFFFFFFFFFFFFFFF", "0x0", "0x0", "0x0"],
        "alone": '((a) OR (b)) AND MOD(FLOOR("flags" / POWER(2, 3)), 2) = 1',
        "kept": '((a) OR (b)) AND MOD(FLOOR("flags" / POWER(2, 3)), 2) = 1',
    }


def test_why_the_selected_measurement_is_flagged(owner, seeded):
    page = open_results(owner, seeded, query="?row=231")
    why = page.locator("#flags-why")
    expect(why).to_contain_text("Row 231 flags 8589934592 = 2\u00b3\u00b3")
    expect(why).to_contain_text("Why there is no flux: level2_x.fits: HDU VARIANCE is missing")
    expect(why.locator(".chip")).to_have_text(["FIT_ERROR"])
    change(page, mask=NONE_BAD)
    expect(why).to_contain_text("Not shown: the mask drops FIT_ERROR.")
    row = page.evaluate(
        """async () => {
          const { api } = window.results;
          for (let row = 0; row < 230; row += 1) {
            const { flags } = await api.post("flags/row", { row });
            if (flags.some((flag) => flag.name === "TRANSIENT")) return row;
          }
          return null;
        }"""
    )
    page.evaluate("(row) => window.results.store.select(row)", row)
    expect(why.locator(".chip")).to_have_text(["TRANSIENT", "SOURCE"])
    expect(why).to_contain_text("1 of 21 pixels near the target; such pixels take part in the fit.")
    page.get_by_role("button", name="Show TRANSIENT in the cutouts").click()
    assert (state(page, "masks"), state(page, "bits")) == (True, [0])


def test_f_goes_to_the_next_flagged_measurement_in_the_tables_order(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    expect(kept(page)).to_have_text("kept 233 of 233")
    flagged = page.evaluate(
        """async () => {
          const { unpacked } = await import("/static/js/results/api.js");
          const { severities } = await window.results.api.post("flags", { severities: true });
          return Array.from(unpacked(severities));
        }"""
    )
    bad = [row for row, severity in enumerate(flagged) if severity >= 1]
    fine = [row for row, severity in enumerate(flagged) if severity == 0]
    assert len(bad) > 4
    order = [fine[0], bad[3], fine[1], fine[2], bad[0], bad[1]]
    change(page, row=fine[0])
    for key, expected in (("f", bad[3]), ("f", bad[0]), ("f", bad[1]), ("f", bad[1]),
                          ("F", bad[0]), ("F", bad[3]), ("F", bad[3])):  # fmt: skip
        assert press(page, key, order) == expected
    expect(page.locator("#flags-step-note")).to_have_text(
        "No flagged measurement before this one in the table."
    )
    # From a row that is filtered out it starts at the end that it comes from.
    change(page, row=fine[5])
    assert press(page, "F", order) == bad[1]
    expect(page.locator("#flags-step-note")).to_be_hidden()


def test_flags_become_columns_and_go_again(owner, seeded):
    page = open_results(owner, seeded)
    own = {"name": "flag_dichroic", "expression": "flags", "kind": "long", "unit": "",
           "description": ""}  # fmt: skip
    change(page, derived=[own])
    button = page.locator("#flags-decode")
    expect(button).to_have_text("Decode to columns")
    button.click()
    expect(button).to_have_text("Remove the decoded columns")
    derived = state(page, "derived")
    assert [one["name"] for one in derived] == [
        "flag_dichroic", "flag_transient", "flag_source", "flag_contains_bad_pixel",
        "flag_fit_error",
    ]  # fmt: skip
    assert derived[-1]["expression"] == 'MOD(FLOOR("flags" / POWER(2, 33)), 2)'
    assert {one["kind"] for one in derived} == {"long"}
    # The usual columns, and all that are added.
    assert state(page, "columns") is None
    expect(page.locator("#flags-decode-note")).to_contain_text("4 columns added to the table")
    # The server accepts them.
    expect(kept(page)).to_have_text("kept 233 of 233")
    button.click()
    assert state(page, "derived") == []
    # Whoever chose columns sees the decoded ones after their own, once.
    change(page, columns=["flux", "flag_source"])
    button.click()
    columns = state(page, "columns")
    assert columns[:2] == ["flux", "flag_source"]
    assert sorted(columns[1:]) == sorted(one["name"] for one in state(page, "derived"))
    button.click()
    assert state(page, "columns") == ["flux"]


def test_another_target_is_counted_anew(owner, seeded):
    page = open_results(owner, seeded, "several")
    expect(kept(page)).to_have_text("kept 30 of 30")
    expect(page.locator("#flags-present .flag-line").last).to_contain_text("CONTAINS_BAD_PIXEL")
    page.evaluate("() => window.results.store.show(window.results.store.get('job'), 1)")
    expect(kept(page)).to_have_text("kept 21 of 21")
    expect(page.locator("#flags-present .flag-line").last).to_contain_text("FIT_ERROR")


def test_files_without_flags_have_no_controls(owner, seeded):
    def without(route):
        body = route.fetch(max_retries=5).json() | {"has_flags": False}
        route.fulfill(json=body)

    owner.route("**/targets/0/flags", without)
    page = open_results(owner, seeded)
    expect(page.locator("#flags-absent")).to_be_visible()
    expect(page.locator("#flags-controls")).to_be_hidden()


def test_checks_are_a_list_with_verdicts_in_words(owner, seeded):
    page = open_results(owner, seeded)
    page.get_by_role("tab", name="Checks").click()
    checks = page.locator(".check")
    expect(checks).to_have_count(7)
    expect(page.locator(".check-title")).to_have_text(
        [
            "1. Location", "2. Nearby emission", "3. Flags", "4. Fit quality", "5. Background",
            "6. Steps between detectors", "7. Repeat visits",
        ]
    )  # fmt: skip
    for word in page.locator(".verdict-word").all_text_contents():
        assert word in ("ok", "look", "bad", "not possible")
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 230 of 233 measurements")
    flags = page.locator(".check[data-check=flags]")
    expect(flags.locator("summary")).to_contain_text("look")
    expect(flags.locator("details")).to_have_attribute("open", "")
    expect(flags).to_contain_text("Look above 10 %, bad above 50 %.")


def test_offending_rows_are_selected_and_filtered(owner, seeded):
    page = open_results(owner, seeded)
    page.get_by_role("tab", name="Checks").click()
    flags = page.locator(".check[data-check=flags]")
    flags.get_by_role("link", name="row 231", exact=True).click()
    assert state(page, "row") == 231
    expect(flags.get_by_role("link", name="row 231")).to_have_attribute("aria-current", "true")
    flags.get_by_role("button", name=re.compile("^and 43 more")).click()
    text = state(page, "filters")["row"]["text"]
    assert re.fullmatch(r"in \([\d,-]+\)", text)
    expect(page.locator("#shown-count")).to_have_text("53 of 233 shown")
    # They are checked anew, among what is left.
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 50 of 233 measurements")
    expect(page.locator(".check[data-check=flags] summary")).to_contain_text("bad")


def test_checks_follow_the_mask_and_the_target(owner, seeded):
    page = open_results(owner, seeded, "several", query='#side="checks"')
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 30 of 30 measurements")
    change(page, mask=NONE_BAD)
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 24 of 30 measurements")
    page.evaluate("() => window.results.store.show(window.results.store.get('job'), 1)")
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 20 of 21 measurements")


def test_what_was_closed_stays_closed(owner, seeded):
    page = open_results(owner, seeded, query='#side="checks"')
    flags = page.locator(".check[data-check=flags] details")
    expect(flags).to_have_attribute("open", "")
    flags.locator("summary").click()
    expect(flags).not_to_have_attribute("open", "")
    change(page, mask="1")
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 204 of 233")
    expect(flags).not_to_have_attribute("open", "")


def test_no_measurement_is_a_sentence(owner, seeded):
    page = open_results(owner, seeded, "unmeasured", query='#side="checks"')
    expect(page.locator("#checks-summary")).to_contain_text("Checked: 0 of 4 measurements")
    page.locator(".check[data-check=location] summary").click()
    expect(page.locator(".check[data-check=location]")).to_contain_text(
        "No measurement with a flux is shown."
    )


def test_how_it_was_measured_follows_the_target(owner, seeded):
    page = open_results(owner, seeded, "several", query='#side="about"')
    about = page.locator("#about-pane")
    expect(about).to_contain_text("None: every one of the 30 has a flux.")
    expect(about).to_contain_text("simulated")
    page.evaluate("() => window.results.store.show(window.results.store.get('job'), 1)")
    expect(about).to_contain_text("1 of 21 exposures gave no flux")
    about.get_by_role("link", name="row 20").click()
    assert state(page, "row") == 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("side", ["flags", "checks", "about"])
def test_no_barriers(owner, seeded, side, scheme):
    owner.emulate_media(color_scheme=scheme)
    page = open_results(owner, seeded, query=f'?row=231#side="{side}"&mask="128"')
    ready = {"flags": "#flags-why .chip", "checks": ".check", "about": ".about-failures"}[side]
    expect(page.locator(ready).first).to_be_visible()
    page.locator(f"#side-{side} details").evaluate_all(
        "(all) => all.forEach((one) => { one.open = true; })"
    )
    assert barriers(page, {"include": [["#pane-side"]]}) == ""


@pytest.mark.parametrize("side", ["flags", "checks", "about"])
def test_a_phone_has_room(owner, seeded, side):
    owner.set_viewport_size({"width": 390, "height": 844})
    page = open_results(owner, seeded, query=f'?row=231#side="{side}"')
    ready = {"flags": "#flags-why .chip", "checks": ".check", "about": ".about-failures"}[side]
    expect(page.locator(ready).first).to_be_visible()
    body = page.locator(f"#side-{side}")
    assert body.evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_the_keyboard_alone_sets_a_mask(owner, seeded):
    page = open_results(owner, seeded)
    expect(kept(page)).to_have_text("kept 233 of 233")
    preset(page, "All").focus()
    page.keyboard.press("ArrowDown")
    expect(kept(page)).to_have_text("kept 180 of 233")
    tick = flag_line(page, "DICHROIC").get_by_role("checkbox")
    for _ in range(13):
        if tick.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert state(page, "mask") == str(2**33 + 2**32)
    expect(kept(page)).to_have_text("kept 205 of 233")
    # The list was filled anew, and the focus is where it was.
    expect(tick).to_be_focused()
