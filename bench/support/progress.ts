/** Says on the standard error what is being done, and when since the start. */
export function progress(text: string): void {
  const seconds = Math.round(performance.now() / 1000)
  console.error(`[${String(seconds).padStart(5)} s] ${text}`)
}
