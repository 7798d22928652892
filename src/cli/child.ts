import { spawn } from 'node:child_process';

/** Printed before the result, so that whatever a library prints is not taken for it. */
const MARK = '\u0001result ';

/**
 * The value of an async JavaScript expression, computed in a process of its own: whatever it loads may hang or
 * crash without harm. `args` are its `process.argv[1]` and following.
 * @throws Error in plain words when there is no result in time
 */
export async function inChildProcess(
  expression: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<unknown> {
  const script = `const value = await (${expression});
    process.stdout.write(${JSON.stringify(MARK)} + JSON.stringify(value ?? null) + '\\n', () => process.exit(0));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ending = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`no answer in ${timeoutMs / 1000} s`);
    }, timeoutMs);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ? `ended by ${signal}` : `ended with ${code}`);
    });
  });
  // A result counts even if the process crashed on its way out.
  const line = output.split('\n').find((each) => each.startsWith(MARK));
  if (line !== undefined) return JSON.parse(line.slice(MARK.length));
  const reason = errors.split('\n').find((each) => /error/i.test(each)) ?? '';
  throw new Error(reason ? `${ending}: ${reason.trim()}` : ending);
}
