// The table of measurements: marks the selected row and fetches the page that holds it.

export class MeasurementTable {
  constructor(region, selection, url, pageSize) {
    this.region = region;
    this.selection = selection;
    this.url = url;
    this.pageSize = pageSize;
    this.wanted = this.page;
    region.addEventListener("click", (event) => this.clicked(event));
    selection.addEventListener("change", () => this.show());
    this.mark();
  }

  get page() {
    return Number(this.region.querySelector("table").dataset.page);
  }

  clicked(event) {
    const pageLink = event.target.closest("a[data-table-page]");
    if (pageLink) {
      event.preventDefault();
      this.fetchPage(Number(pageLink.dataset.tablePage));
      return;
    }
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a") && getSelection().isCollapsed) {
      this.selection.select(Number(row.dataset.row));
    }
  }

  async show() {
    const page = Math.floor(this.selection.row / this.pageSize);
    if (page !== this.page || page !== this.wanted) await this.fetchPage(page);
    this.mark();
  }

  async fetchPage(page) {
    this.wanted = page;
    const response = await fetch(`${this.url}?page=${page}`);
    // Somebody who holds a key down wants the last page asked for, not each of them.
    if (!response.ok || this.wanted !== page) return;
    const hadFocus = this.region.contains(document.activeElement);
    this.region.innerHTML = await response.text();
    if (hadFocus) this.region.querySelector(".table-scroll").focus({ preventScroll: true });
    this.mark();
  }

  mark() {
    for (const row of this.region.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
    const row = this.region.querySelector(`tr[data-row="${this.selection.row}"]`);
    if (!row) return;
    row.setAttribute("aria-current", "true");
    const scroller = this.region.querySelector(".table-scroll");
    const head = scroller.querySelector("thead").offsetHeight;
    if (row.offsetTop - head < scroller.scrollTop) {
      scroller.scrollTop = row.offsetTop - head;
    } else if (row.offsetTop + row.offsetHeight > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = row.offsetTop + row.offsetHeight - scroller.clientHeight;
    }
  }
}
