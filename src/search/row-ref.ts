/** A row of one of a query's views. */
export interface RowRef {
  readonly viewIndex: number
  readonly rowOffset: number
}
