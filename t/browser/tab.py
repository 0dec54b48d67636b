"""What a person does in a browser. Things are found by the names that a screen reader would read out."""


class Part:
    """A piece of a page, in which names are looked up."""

    def __init__(self, tab, where):
        self.tab, self.where = tab, where

    def section(self, title):
        return Part(self.tab, self.where.getByRole("region", name=title, exact=True))

    def field(self, label):
        return self.where.getByLabel(label, exact=True)

    def fill(self, fields):
        """By their labels."""
        for label, text in fields.items():
            self.field(label).fill(text)
        return self

    def press(self, button):
        """A button that leads to another page: the status of that."""
        return self.tab.follow(self.where.getByRole("button", name=button, exact=True), "click")

    def click(self, link):
        """The status of the page that it leads to."""
        return self.tab.follow(self.where.getByRole("link", name=link, exact=True), "click")

    def error_at(self, label):
        """What is said of a field that is marked as wrong, and tied to it; None if it is not."""
        field = self.field(label)
        if field.getAttribute("aria-invalid") != "true":
            return None
        return self.tab.page.innerText("#" + field.getAttribute("aria-describedby").split()[0])

    @property
    def messages(self):
        """What a screen reader says as soon as the page is there."""
        return self.where.locator("[role=alert], [role=status]").allInnerTexts()


class Tab(Part):
    """A tab of a browser, for the site at `origin`."""

    def __init__(self, origin, chromium, context):
        self.origin, self.context, self._chromium = origin, context, chromium
        self.page = context.newPage()
        super().__init__(self, self.page)

    def another(self):
        """In the same browser."""
        return Tab(self.origin, self._chromium, self.context)

    # ---- moving on: each gives the status of the page that it leads to ----

    def go(self, path):
        return self.page.goto(self.origin + path).status()

    def follow(self, thing, method, *arguments):
        return self._chromium.tests.follow(self.page, thing, method, *arguments)

    def enter(self):
        return self.follow(self.page.keyboard(), "press", "Enter")

    def back(self):
        """Also to a page that the browser has kept alive, which is not loaded again."""
        self.page.goBack(waitUntil="commit")

    # ---- what is there ----

    @property
    def address(self):
        """From the path on."""
        return self.page.url().removeprefix(self.origin)

    @property
    def heading(self):
        return self.page.innerText("h1")

    @property
    def text(self):
        return self.page.innerText("body")

    @property
    def focus(self):
        """The field, button or link that the keyboard is at, by its id, name or words."""
        return self.page.evaluate("(e => e.id || e.name || e.innerText.trim())(document.activeElement)")

    @property
    def cookies(self):
        return {cookie["name"]: cookie["value"] for cookie in self.context.cookies()}

    def accessibility(self, impacts=("minor", "moderate", "serious", "critical")):
        """What axe-core finds, of these weights."""
        return self._chromium.tests.accessibility(self.page, list(impacts))

    # ---- what most tests begin with ----

    def register(self, name="Jane Doe", email="jane@example.com", password="SecurePass123"):
        """A new account, logged in; the tab is where a registration leads to."""
        self.email, self.password = email, password
        self.go("/auth/register")
        self.fill({"Name": name, "E-mail address": self.email, "Password": self.password}).press("Create account")
        return self

    def log_in(self, email, password):
        """From the login page that is shown."""
        return self.fill({"E-mail address": email, "Password": password}).press("Log in")
