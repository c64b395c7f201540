// The connection to the server. It comes back by itself, and goes on where it was.

class Link {
  constructor(onMessage, onState) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.source = null;
  }

  // Messages of all pools, and of this one.
  open(pool) {
    if (this.source) this.source.close();
    clearTimeout(this.again);
    this.onState("waits");
    const source = new EventSource(`stream?pool=${encodeURIComponent(pool)}`);
    this.source = source;
    source.addEventListener("open", () => this.onState("live"));
    source.addEventListener("error", () => {
      this.onState("lost");
      // Refused, and not only cut off: the browser leaves it at that.
      if (source.readyState === EventSource.CLOSED) {
        this.again = setTimeout(() => this.open(pool), 2000);
      }
    });
    for (const event of ["hello", "pools", "trouble", "pool", "workers", "events", "detail", "deaths", "ended", "unreadable"]) {
      source.addEventListener(event, (message) => {
        if (this.source === source) this.onMessage(event, pool, JSON.parse(message.data));
      });
    }
  }
}
