// The app in a real browser against a running server with demo data (OBSERVER_URL).
// With SCREENSHOT_DIR set, pictures of each page are kept there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const base = process.env.OBSERVER_URL;
const pictures = process.env.SCREENSHOT_DIR;
const TIMEOUT = 15_000;
let browser;
let page;
const complaints = [];

before(async () => {
  assert.ok(base, 'OBSERVER_URL names the server to test');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  page.setDefaultTimeout(TIMEOUT);
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});

after(async () => {
  await browser?.close();
});

async function picture(name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}

test('a chart is drawn at the first visit', async () => {
  await page.goto(`${base}/`);
  await page.waitForURL('**/ui/**');
  await page.locator('[data-testid=chart] canvas').waitFor();
  await page.locator('[data-testid=chart] .u-series').nth(2).waitFor();
  await picture('metrics');
});

test('a query is run, and its errors are shown in the words of the API', async () => {
  await page.getByTestId('query').fill('sum(shop_orders_total');
  await page.getByTestId('run').click();
  await page.getByTestId('error').filter({ hasText: 'parse error' }).waitFor();
  await page.getByTestId('query').fill('sum by (outcome) (shop_orders_total)');
  await page.getByTestId('query').press('Enter');
  await page.locator('[data-testid=chart]').filter({ hasText: 'outcome="placed"' }).waitFor();
});

test('the address keeps the view over a reload and over back', async () => {
  await page.reload();
  await page.locator('[data-testid=chart]').filter({ hasText: 'outcome="placed"' }).waitFor();
  assert.equal(await page.getByTestId('query').inputValue(), 'sum by (outcome) (shop_orders_total)');
  await page.getByTestId('signal-logs').click();
  await page.getByTestId('log-line').first().waitFor();
  await page.goBack();
  await page.locator('[data-testid=chart]').filter({ hasText: 'outcome="placed"' }).waitFor();
});

test('an exemplar leads to the trace it was measured in', async () => {
  await page.getByTestId('query').fill('histogram_quantile(0.9, sum by (le) (rate(http_server_request_duration_seconds_bucket[5m])))');
  await page.getByTestId('run').click();
  await page.getByTestId('exemplar').first().waitFor();
  await picture('exemplars');
  await page.getByTestId('exemplar').first().focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('span-row').nth(1).waitFor();
  await page.goBack();
});

test('a range is dragged over, moved, and left for now', async () => {
  await page.getByTestId('exemplar').first().waitFor(); // the last thing to be drawn
  const chart = page.locator('[data-testid=chart] .u-over');
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.getByTestId('until').waitFor();
  const range = Number(new URL(page.url()).searchParams.get('range'));
  assert.ok(range > 200 && range < 340, `30 % of 15 minutes, not ${range} s`);
  await page.getByTestId('earlier').click();
  await page.getByTestId('now').click();
  await page.getByTestId('until').waitFor({ state: 'detached' });
  await page.goto(`${base}/ui/`);
});

test('log lines are seen, and one leads to its trace, and the trace to its logs', async () => {
  await page.getByTestId('signal-logs').click();
  await page.getByTestId('query').fill('{service_name="payment"} |= "bank refused"');
  await page.getByTestId('run').click();
  await page.getByTestId('log-line').filter({ hasText: 'bank refused' }).first().waitFor();
  await page.locator('[data-testid=volume] canvas').waitFor();
  await picture('logs');
  await page.getByTestId('trace-link').first().click();
  await page.getByTestId('waterfall').waitFor();
  await page.getByTestId('span-row').nth(5).waitFor();
  assert.ok(await page.getByTestId('span-row').filter({ hasText: 'payment' }).count() > 0);
  await page.getByTestId('span-row').filter({ hasText: 'POST /charges' }).first().click();
  await page.getByText('http.route').first().waitFor();
  await page.getByTestId('logs-link').click();
  await page.getByTestId('log-line').filter({ hasText: 'bank refused' }).first().waitFor();
});

test('traces are searched, and one is drawn as a waterfall', async () => {
  await page.getByTestId('signal-traces').click();
  await page.getByTestId('trace-row').first().waitFor();
  await page.getByTestId('query').fill('{ resource.service.name = "checkout" && kind = server }');
  await page.getByTestId('run').click();
  await page.getByTestId('trace-row').filter({ hasText: 'POST /checkout' }).first().click();
  await page.getByTestId('span-row').nth(8).waitFor();
  await picture('trace');
});

test('it can be dark', async () => {
  await page.getByTestId('theme').click();
  await page.locator('html[data-theme="dark"]').waitFor({ state: 'attached' });
  await picture('trace-dark');
});

test('nothing was complained about', () => {
  // A refused query is an error to the browser's console, and was asked for above.
  assert.deepEqual(complaints.filter((text) => !text.includes('400')), []);
});
