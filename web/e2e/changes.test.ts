// The list page as an on-call engineer uses it.
import { expect, test } from "vitest";
import { pageHarness } from "./harness";

const harness = pageHarness();

test("it opens on the latest hour that has something, and says so", async () => {
  const page = await harness.visit("/");
  await page.getByText("This is the latest hour that has something").waitFor();
  await page.getByText("removed label quarantine from pod default/attacker").waitFor();
  expect(await page.getByText(/complete up to/).count()).toBe(1);
  expect(await page.getByRole("button", { name: /Times are in Europe\/Berlin/ }).count()).toBe(1);
});

test("clicks alone find who quarantined the pod default/attacker", async () => {
  const page = await harness.visit("/");
  await page.getByRole("button", { name: "Security objects" }).click();
  const row = page.getByRole("button", { name: /set label quarantine=true on pod default\/attacker/ });
  await row.waitFor();
  expect(await row.innerText()).toContain("alice");
  await row.click();
  await page.getByRole("tab", { name: "Who really" }).click();
  await page.getByText("X509SHA256=").waitFor();
  await page.getByText(/kubectl\/v1\.32/).waitFor();
});

test("clicks alone find who changed the replicas of a deployment, and from what", async () => {
  const page = await harness.visit("/");
  await page.getByRole("button", { name: "Show all there is" }).click();
  await page.getByRole("button", { name: "People only" }).click();
  const search = page.getByRole("combobox", { name: /Search/ });
  await search.fill("changed:spec.replicas name:web");
  await search.press("Enter");
  const row = page.getByRole("button", { name: /scaled deployment shop-a\/web from 3 to 5/ });
  await row.click();
  const change = page.getByRole("row", { name: /spec\.replicas/ });
  await change.waitFor();
  expect(await change.getByRole("cell").allInnerTexts()).toEqual(["3", "5"]);
  expect(await row.innerText()).toContain("alice");
});

test("the diff shows the letters that changed, without noise", async () => {
  const page = await harness.visit("/?from=all&q=name:web+resource:deployments+changed:image");
  await page.getByRole("button", { name: /to registry.example.com\/shop\/web:broken/ }).click();
  await page.getByRole("tab", { name: "Diff" }).click();
  await page.locator(".diff .gone").first().waitFor();
  const diff = await page.locator(".diff").innerText();
  expect(diff).toMatch(/image: registry.example.com\/shop\/web:1.13.1/);
  expect(diff).toMatch(/image: registry.example.com\/shop\/web:broken/);
  expect(await page.locator(".diff .come mark").allInnerTexts()).not.toEqual([]);
  expect(diff).not.toContain("resourceVersion");
  await page.getByRole("button", { name: "with noise" }).click();
  await page.locator(".diff", { hasText: "resourceVersion" }).waitFor();
});

test("system changes are counted under their cause, and unfold there", async () => {
  const page = await harness.visit("/?q=name:vote+resource:deployments");
  const created = page.getByRole("article", { name: /alice created deployment vote\/vote/ });
  const unfold = created.getByRole("button", { name: /followed/ });
  await unfold.click();
  await page.getByRole("article", { name: /created replicaset vote\/vote-/ }).waitFor();
  await page.getByRole("article", { name: /created pod vote\/vote-/ }).waitFor();
  expect(page.url()).toContain("unfold=");
  await page.reload();
  await page.getByRole("article", { name: /created replicaset vote\/vote-/ }).waitFor();
});

test("every kind of noise is a chip with its count, and a click away", async () => {
  const page = await harness.visit("/?from=all");
  const reads = page
    .getByRole("group", { name: "Shown beside changes by people" })
    .getByRole("button", { name: /reads/ });
  await page.waitForFunction(() => /reads \d/.test(document.body.innerText));
  const total = async () => Number((await page.locator(".coverage-total").innerText()).replace(/\D/g, ""));
  await page
    .getByText(/\d+ events/)
    .first()
    .waitFor();
  const before = await total();
  const held = Number((await reads.innerText()).replace(/\D/g, ""));
  expect(held).toBeGreaterThan(0);
  await reads.click();
  await page.waitForFunction(
    (wanted) => document.querySelector(".coverage-total")?.textContent.replace(/\D/g, "") === String(wanted),
    before + held,
  );
  expect(page.url()).toContain("show=reads");
});

test("the address brings everything back, and the back button undoes", async () => {
  const page = await harness.visit("/?from=all");
  await page.getByRole("button", { name: "Refused" }).click();
  await page
    .getByRole("button", { name: /bob was refused|bob.*was refused/ })
    .first()
    .click();
  await page.getByRole("tab", { name: "Before and after" }).click();
  await page.keyboard.press("z");
  await page.locator(".neighbours .self").waitFor();
  const url = page.url();
  const text = await page.locator(".neighbours").innerText();
  const again = await harness.visit(url.slice(harness.home().length));
  await again.locator(".neighbours .self").waitFor();
  expect(await again.locator(".neighbours").innerText()).toBe(text);
  await page.goBack();
  await page.locator(".neighbours").waitFor({ state: "detached" });
  await page.goBack();
  await page.waitForURL((address) => address.searchParams.get("q") === null);
  await page.goForward();
  await page.waitForURL((address) => address.searchParams.get("q") === "result:denied");
});

test("a query that cannot be read says where it is wrong", async () => {
  harness.allow(/400/);
  const page = await harness.visit("/");
  const search = page.getByRole("combobox", { name: /Search/ });
  await search.fill("ns:shop usr:alice");
  await search.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await page.locator(".query-place mark").innerText()).toBe("usr");
  expect(await page.getByRole("alert").innerText()).toContain("there is no field");
});

test("the search box completes fields, and values by what there is", async () => {
  const page = await harness.visit("/?from=all");
  const search = page.getByRole("combobox", { name: /Search/ });
  await search.pressSequentially("us");
  await page.getByRole("option", { name: /^user:/ }).waitFor();
  await search.press("ArrowDown");
  await search.press("Enter");
  await search.pressSequentially("car");
  await page.getByRole("option", { name: /carol@example.com/ }).waitFor();
  await search.press("ArrowDown");
  await search.press("Enter");
  await search.press("Enter");
  await page.waitForURL((address) => address.searchParams.get("q") === "user:carol@example.com");
  await page.getByText("created tier security").first().waitFor();
});

test("where nothing matched, it says what lies just outside", async () => {
  const page = await harness.visit("/?from=2026-11-23T12:00:00Z&to=2026-11-23T13:00:00Z&q=user:alice");
  await page.getByText("Nothing matched in this time").waitFor();
  await page.getByText(/\d+ events? outside of it/).waitFor();
  await page
    .getByRole("button", { name: /^2026-11-23 17:11/ })
    .first()
    .click();
  await page
    .getByRole("article", { name: /^alice / })
    .first()
    .waitFor();
  expect(await page.getByText("Nothing matched in this time").count()).toBe(0);
});

test("a link to an event that the list hides shows the event", async () => {
  const page = await harness.visit("/?from=all&show=reads&q=verb:list+user:bob");
  await page.getByRole("article").first().getByRole("button").first().click();
  await page.getByRole("tab", { name: "What changed" }).waitFor();
  const id = new URL(page.url()).searchParams.get("event") ?? "";
  const other = await harness.visit(`/?event=${id}`);
  await other.getByText("not in the list below").waitFor();
  await other.getByRole("tab", { name: "What changed" }).waitFor();
});

test("a frequent question stands beside what is asked, and every part can be taken out", async () => {
  const page = await harness.visit("/?from=all&q=ns:shop-a");
  const people = page.getByRole("button", { name: "People only" });
  await people.click();
  await page.waitForURL((address) => address.searchParams.get("q") === "ns:shop-a by:human");
  await page.locator("[aria-pressed=true]", { hasText: "People only" }).waitFor();
  await page.getByRole("button", { name: "Take out ns:shop-a" }).click();
  await page.waitForURL((address) => address.searchParams.get("q") === "by:human");
  await people.click();
  await page.waitForURL((address) => address.searchParams.get("q") === null);
});

test("times can be of any zone that has a name", async () => {
  const page = await harness.visit("/");
  await page.getByText("17:25:06").first().waitFor();
  await page.keyboard.press("d");
  await page.locator(".zone-picker select").selectOption("America/New_York");
  await page.getByText("11:25:06").first().waitFor();
  await page.reload();
  await page.getByText("11:25:06").first().waitFor();
  expect(new URL(page.url()).searchParams.get("zone")).toBe("America/New_York");
  await page.keyboard.press("z");
  await page.getByText("16:25:06").first().waitFor();
  await page.keyboard.press("z");
  await page.getByText("11:25:06").first().waitFor();
});
