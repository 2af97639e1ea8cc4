// The first minute: the page is opened as soon as the server listens, wherever it is served (OBSERVER_URL may have a
// path), and shows each signal by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const base = process.env.OBSERVER_URL;
const TIMEOUT = 60_000; // for the demo's past to be told
let browser;
let page;
const complaints = [];

before(async () => {
  assert.ok(base, 'OBSERVER_URL names the server to test');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(TIMEOUT);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`));
});

after(async () => {
  await browser?.close();
});

test('a chart comes by itself', async () => {
  await page.goto(`${base}/`);
  await page.waitForURL(`${base}/ui/**`);
  await page.locator('[data-testid=chart] canvas').waitFor();
  await page.locator('[data-testid=chart] .u-series').nth(2).waitFor();
});

test('so do log lines, traces and a waterfall', async () => {
  await page.getByTestId('signal-logs').click();
  await page.getByTestId('log-line').first().waitFor();
  await page.getByTestId('signal-traces').click();
  await page.getByTestId('trace-row').first().click();
  await page.getByTestId('span-row').first().waitFor();
});

test('the address of a trace can be opened again', async () => {
  assert.ok(page.url().startsWith(`${base}/ui/`), page.url());
  await page.reload();
  await page.getByTestId('span-row').first().waitFor();
});

test('nothing was complained about', () => {
  assert.deepEqual(complaints, []);
});
