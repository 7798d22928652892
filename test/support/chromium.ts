/** A page in headless Chromium, driven over the DevTools protocol through a pipe: no port, no driver, no package. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** SwiftShader is part of Chromium: it computes on the processor, so the results depend on no GPU or driver. */
const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-sandbox', // It cannot run as root, as in a container; the one page is ours.
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--no-first-run',
];
const LONGEST_START = 30_000;
const LONGEST_END = 5_000;

/** The browser of PCG_ENGINE_BROWSER, or Chromium or Chrome on the path, or null. */
export function findChromium(): string | null {
  const { PCG_ENGINE_BROWSER: given, PATH = '' } = process.env;
  const candidates = given
    ? [given]
    : PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Tests that need a browser. Without one they are skipped and the reason is printed; where
 * PCG_ENGINE_REQUIRE_BROWSER is set (CI), that is a failure.
 */
export function describeBrowser(name: string, body: (executable: string) => void): void {
  const executable = findChromium();
  if (executable) {
    describe(name, () => body(executable));
    return;
  }
  const reason = 'no chromium or google-chrome on the path, and PCG_ENGINE_BROWSER names none';
  if (process.env.PCG_ENGINE_REQUIRE_BROWSER) throw new Error(`${name} must run here, but: ${reason}`);
  console.warn(`skipped: ${name} (${reason})`);
  describe.skip(`${name} (skipped: ${reason})`, () => body(''));
}

export interface Page {
  /** What an expression gives in the page, awaited, as far as JSON holds it. Throws what it throws. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly error?: { readonly message: string };
  readonly result?: Record<string, unknown>;
}

/** The browser's end of the pipe. */
interface Connection {
  send(method: string, parameters?: object, session?: unknown): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves at the next event of that name. */
  event(method: string): Promise<void>;
}

/** Messages end in NUL: what the browser reads goes into its file 3, what it says comes from 4. */
function connect(browser: ChildProcess, said: () => string): Connection {
  const [into, from] = browser.stdio.slice(3) as [Writable, Readable];
  const calls = new Map<number, { done: (result: Message) => void; fail: (error: Error) => void }>();
  const events = new Map<string, () => void>();
  let last = 0;
  let ended: Error | null = null;
  let text = '';

  from.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (text + chunk).split('\0');
    text = messages.pop()!;
    for (const each of messages) {
      const message = JSON.parse(each) as Message;
      if (message.method) events.get(message.method)?.();
      if (message.id === undefined) continue;
      calls.get(message.id)?.done(message);
      calls.delete(message.id);
    }
  });
  const end = (why: string) => {
    ended ??= new Error(`${why}\n${said()}`);
    for (const { fail } of calls.values()) fail(ended);
    calls.clear();
  };
  browser.once('exit', (code, signal) => end(`the browser ended (${signal ?? code})`));
  browser.once('error', (error) => end(`the browser does not start: ${error.message}`));
  into.on('error', () => {}); // It has ended, which `exit` tells.

  return {
    async send(method, parameters = {}, session) {
      if (ended) throw ended;
      const id = ++last;
      const answer = new Promise<Message>((done, fail) => calls.set(id, { done, fail }));
      into.write(`${JSON.stringify({ id, method, params: parameters, sessionId: session })}\0`);
      const { error, result = {} } = await answer;
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    event: (method) => new Promise((done) => events.set(method, done)),
  };
}

/**
 * Starts a browser and runs a classic script in an empty page of 127.0.0.1, which is a secure context.
 * The browser ends with `close()`, and by itself where this process ends without.
 */
export async function openPage(executable: string, script: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'pcg-engine-browser-'));
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/page.js' ? 'text/javascript' : 'text/html');
    response.end(
      url === '/page.js' ? script : '<!doctype html><meta charset=utf-8><script src=page.js></script>',
    );
  });
  const { VK_DRIVER_FILES: _, VK_ICD_FILENAMES: __, ...env } = process.env; // It has a driver of its own.
  const browser = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`], {
    env,
    detached: true, // A group of processes, which can be ended together.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  browser.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2000);
  });
  const ended = new Promise<void>((done) => {
    browser.once('close', () => done());
    browser.once('error', () => done());
  });
  const connection = connect(browser, () => said);

  const close = async () => {
    await connection.send('Browser.close').catch(() => {});
    await within(LONGEST_END, ended, 'close').catch(() => {});
    try {
      if (browser.pid) process.kill(-browser.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
    await new Promise((done) => server.close(done));
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };

  async function start(): Promise<unknown> {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
    await connection.send('Page.enable', {}, sessionId);
    const loaded = connection.event('Page.loadEventFired');
    const { port } = server.address() as AddressInfo;
    await connection.send('Page.navigate', { url: `http://127.0.0.1:${port}/` }, sessionId);
    await loaded;
    return sessionId;
  }

  try {
    const session = await within(LONGEST_START, start(), 'start');
    return {
      close,
      async evaluate(expression) {
        const { result, exceptionDetails } = (await connection.send(
          'Runtime.evaluate',
          { expression, awaitPromise: true, returnByValue: true },
          session,
        )) as {
          result: { value?: unknown };
          exceptionDetails?: { text: string; exception?: { description?: string } };
        };
        if (!exceptionDetails) return result.value;
        const { text, exception } = exceptionDetails;
        throw new Error(`in the page: ${exception?.description ?? text}`);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`the browser took too long to ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
