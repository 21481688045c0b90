const QUERIES = 300;
const MILLISECONDS = 20_000;

/** What one look at DNS may cost: zones of strangers may send it in circles, or to servers that never reply. */
export class Budget {
  #queries = QUERIES;
  readonly #deadline = performance.now() + MILLISECONDS;

  /** Accounts for one query. Throws once the budget is used up. */
  spend(): void {
    if (this.isUsedUp) throw new Error("not asked: this look at DNS has become too expensive");
    this.#queries--;
  }

  get isUsedUp(): boolean {
    return this.#queries === 0 || performance.now() >= this.#deadline;
  }
}
