"""Drives the console in Chromium. Usage: console.py BROWSER URL [SCREENSHOT]"""
import json
import sys
import urllib.request

from playwright.sync_api import sync_playwright

browser, url = sys.argv[1:3]
screenshot = sys.argv[3] if len(sys.argv) > 3 else None
passed = 0


def run(sql):
    body = json.dumps({'ksql': sql}).encode()
    urllib.request.urlopen(urllib.request.Request(url + '/ksql', body, {'Content-Type': 'application/json'})).read()


def check(what, ok, detail=''):
    global passed
    if not ok:
        print(f'FAILED: {what}: {detail}\n{passed} passed, 1 failed')
        sys.exit(1)
    passed += 1
    print(f'ok      {what}')


run("CREATE STREAM orders (customer VARCHAR KEY, item VARCHAR, price DOUBLE, big BIGINT) "
    "WITH (kafka_topic='orders', value_format='JSON', partitions=4);"
    "CREATE TABLE spending AS SELECT customer, COUNT(*) AS orders, SUM(price) AS total FROM orders "
    "GROUP BY customer EMIT CHANGES;")
with sync_playwright() as play:
    b = play.chromium.launch(executable_path=browser, args=['--no-sandbox'])
    page = b.new_page(viewport={'width': 1180, 'height': 620})
    script_errors = []
    page.on('pageerror', lambda e: script_errors.append(str(e)))
    page.goto(url + '/')
    page.wait_for_selector('#streams button')
    check('GET / leads a browser to the console', page.url == url + '/ui/', page.url)
    check('sources are listed', 'ORDERS' in page.inner_text('#streams') and 'SPENDING' in page.inner_text('#tables'))
    check('running queries are listed', 'RUNNING' in page.inner_text('#queries'), page.inner_text('#queries'))

    page.fill('#sql', 'SELECT customer, item, price, big FROM orders EMIT CHANGES;')
    page.click('#run')
    page.wait_for_selector('thead th')
    for i in range(12):
        run(f"INSERT INTO orders VALUES ('{['ann', 'bob', 'eve', 'joe'][i % 4]}', "
            f"'{['tea', 'book', 'lamp', 'cup', 'pen'][i % 5]}', {i * 37 % 50}.5, 900719925474099{i % 10});")
    page.wait_for_function("document.querySelectorAll('tbody tr').length === 12")
    check('rows of a push query appear as they come', 'live' in page.inner_text('#state'))
    check('a number beyond a double is exact', '9007199254740993' in page.inner_text('#answer'))
    if screenshot:
        page.screenshot(path=screenshot)
    page.click('#stop')
    page.wait_for_function("document.getElementById('state').textContent.includes('stopped')")
    check('a push query is stopped', page.is_disabled('#stop'))

    page.fill('#sql', 'SELECT * FROM spending;')
    page.press('#sql', 'Control+Enter')
    page.wait_for_function("document.querySelectorAll('tbody tr').length === 4")
    check('a pull query fills the table', 'TOTAL' in page.inner_text('thead'))

    page.fill('#sql', 'SELECT nope FROM orders;')
    page.click('#run')
    page.wait_for_selector('.error')
    check('an error says what is wrong', 'NOPE' in page.inner_text('.error'), page.inner_text('.error'))

    page.fill('#sql', 'CREATE STREAM cheap AS SELECT * FROM orders WHERE price < 10;')
    page.click('#run')
    page.wait_for_function("document.getElementById('streams').textContent.includes('CHEAP')")
    check('a new stream appears in the list', True)
    check('no script failed', not script_errors, script_errors)
    b.close()
print(f'{passed} passed, 0 failed')
