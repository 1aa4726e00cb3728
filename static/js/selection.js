// The selected row of the table of measurements; everything that shows it listens to "change".

export class Selection extends EventTarget {
  constructor(count, row) {
    super();
    this.count = count;
    this.row = row;
  }

  select(row) {
    if (row === this.row || !(row >= 0 && row < this.count)) return;
    this.row = row;
    this.dispatchEvent(new Event("change"));
  }

  move(step) {
    this.select(Math.min(Math.max(this.row + step, 0), this.count - 1));
  }
}
