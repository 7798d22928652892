import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Bytes that wait to be taken before the server is made to wait. */
const MOST_WAITING = 1 << 20;

/**
 * An answer of a server. What comes is kept from the first byte on: Node's own buffer is thrown away when a
 * connection is cut, and with it what a later try could have gone on from.
 */
export class Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  private readonly message: IncomingMessage;
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private over = false;
  private cause: unknown;
  private wake = () => {};

  constructor(message: IncomingMessage) {
    this.message = message;
    this.status = message.statusCode ?? 0;
    this.headers = message.headers;
    message.on('data', (piece: Uint8Array) => {
      this.waiting.push(piece);
      this.waitingBytes += piece.length;
      if (this.waitingBytes > MOST_WAITING) message.pause();
      this.wake();
    });
    message.on('error', (cause) => {
      this.cause = cause;
    });
    message.on('close', () => {
      this.over = true;
      this.wake();
    });
  }

  /** Whether everything that was announced has come. */
  get complete(): boolean {
    return this.message.complete;
  }

  /** Ends the answer; of no effect when it has all come. */
  drop(cause?: Error): void {
    if (!this.over) this.message.destroy(cause);
  }

  /**
   * The body, piece by piece.
   * @param stallMs without a byte for so long, `onStall` makes the error that the answer ends with
   * @throws whatever cut the answer off; undefined where nobody says what it was
   */
  async *body(stallMs: number, onStall: () => Error): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = this.waiting.shift();
      if (piece !== undefined) {
        this.waitingBytes -= piece.length;
        yield piece;
        continue;
      }
      if (this.over) break;
      this.message.resume();
      await this.more(stallMs, onStall);
    }
    if (!this.complete || this.cause !== undefined) throw this.cause;
  }

  private async more(stallMs: number, onStall: () => Error): Promise<void> {
    const timer = setTimeout(() => this.drop(onStall()), stallMs);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    clearTimeout(timer);
  }
}
