package io.github.clickhousebackupagent.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ScreenshotAnimations;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a real browser: the Chromium of this machine ({@code -Dchromium=PATH}, else of the
 * {@code PATH}). Skipped where there is none.
 */
class PageIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Path PICTURES = Path.of("target/page");

    private static Playwright playwright;
    private static Browser browser;

    @TempDir Path directory;

    private SimulatedServer server;
    private BrowserContext context;
    private Page page;
    private final List<String> errors = Collections.synchronizedList(new ArrayList<>());
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    @BeforeAll
    static void startBrowser() {
        Optional<Path> chromium = chromium();
        assumeTrue(
                chromium.isPresent(),
                "no Chromium on the PATH, and none named by -Dchromium: the page is not looked at");
        playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(chromium.get())
                                        // For root, as in a container of a pipeline.
                                        .setArgs(List.of("--no-sandbox")));
    }

    private static Optional<Path> chromium() {
        String named = System.getProperty("chromium", "");
        if (!named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(
                        folder ->
                                Stream.of("chromium", "chromium-browser", "google-chrome")
                                        .map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @AfterAll
    static void stopBrowser() {
        if (playwright != null) {
            playwright.close();
        }
    }

    @BeforeEach
    void begin() {
        server = PageAgent.server().start();
        page(new Browser.NewContextOptions().setViewportSize(1280, 860));
    }

    private void page(Browser.NewContextOptions options) {
        if (context != null) {
            context.close();
        }
        context = browser.newContext(options.setTimezoneId("Europe/Berlin").setLocale("en-GB"));
        page = context.newPage();
        page.setDefaultTimeout(SOON.toMillis());
        page.onConsoleMessage(
                message -> {
                    if (message.type().equals("error") || message.type().equals("warning")) {
                        errors.add(message.text());
                    }
                });
        page.onPageError(errors::add);
        page.onRequest(request -> requests.add(request.url()));
    }

    @AfterEach
    void end() {
        if (context != null) {
            context.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** What holds for each test: nothing went wrong in the browser, and nobody else was asked. */
    private void assertQuiet(PageAgent agent) {
        assertThat(errors).isEmpty();
        assertThat(requests)
                .isNotEmpty()
                .allMatch(url -> url.startsWith(agent.url().toString()) || url.startsWith("data:"));
        assertThat(requests).noneMatch(url -> url.contains(PageAgent.TOKEN));
    }

    private void open(PageAgent agent) {
        page.navigate(agent.url().toString());
        awaitLive();
    }

    private void awaitLive() {
        assertThat(page.locator("#live")).hasText("Live", slow());
    }

    private static LocatorAssertions.HasTextOptions slow() {
        return new LocatorAssertions.HasTextOptions().setTimeout(SOON.toMillis());
    }

    private static LocatorAssertions.ContainsTextOptions slowly() {
        return new LocatorAssertions.ContainsTextOptions().setTimeout(SOON.toMillis());
    }

    private Locator row(String target) {
        return page.locator(".rows .row")
                .filter(
                        new Locator.FilterOptions()
                                .setHas(
                                        page.getByRole(
                                                AriaRole.LINK,
                                                new Page.GetByRoleOptions()
                                                        .setName(target)
                                                        .setExact(true))));
    }

    private void click(String button) {
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(button).setExact(true))
                .click();
    }

    private void enterToken() {
        page.getByLabel("Token", new Page.GetByLabelOptions().setExact(true))
                .last()
                .fill(PageAgent.TOKEN);
        click("Use it");
    }

    @Test
    void aBackupIsMadeFromTheButtonToTheMarker() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            open(agent);
            assertThat(page.locator("#sentence"))
                    .hasText("node is not safe: no proven backup.", slow());
            row("node").getByRole(AriaRole.LINK).click();
            try (var upload = server.faults().hold("upload")) {
                click("Run a FULL");
                enterToken();
                assertThat(page.locator("#said"))
                        .hasText("A FULL of node is in the queue.", slow());
                assertThat(page.locator(".nowcard")).containsText("FULL in upload", slowly());
            }
            assertThat(page.locator(".nowcard")).isHidden();
            assertThat(page.locator("#target .title .verdict")).hasText("Safe", slow());
            String marker = agent.marker("node");
            assertThat(page.locator("dd").first()).hasText(marker);
            assertThat(page.locator(".tree")).containsText(marker, slowly());
            assertThat(page.locator(".plot canvas")).hasCount(2);
            page.getByText("← All targets").click();
            assertThat(page.locator("#sentence")).hasText("node is safe.", slow());
            assertQuiet(agent);
        }
    }

    @Test
    void aFailureIsSeenWithoutAReloadAndWhatAServerWroteStaysText() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            agent.full("node");
            open(agent);
            assertThat(page.locator("#sentence")).hasText("node is safe.", slow());
            page.evaluate("window.untouched = true");
            server.faults()
                    .next("create", Ending.error("<img src=x onerror=alert(1)> no space left"));
            assertThat(agent.full("node").outcome()).isEqualTo(Outcome.FAILED);

            assertThat(row("node").locator(".now")).containsText("FULL failed", slowly());
            assertThat(page.locator(".hero .detail"))
                    .hasText("The last run of 1 target went wrong.");
            row("node").getByRole(AriaRole.LINK).click();
            page.locator(".facts a.wrong").click();
            assertThat(page.locator(".run .notice"))
                    .containsText("<img src=x onerror=alert(1)> no space left", slowly());
            assertThat(page.locator(".log")).containsText("CREATE BACKUP ERROR:", slowly());
            assertThat(page.locator(".log")).containsText("##### started at");
            assertThat(page.locator(".picture img")).isVisible();
            assertThat(
                            (Boolean)
                                    page.evaluate(
                                            "document.querySelector('.picture img').decode().then(() => true)"))
                    .isTrue();
            assertThat(page.evaluate("window.untouched")).isEqualTo(true);
            assertQuiet(agent);
        }
    }

    @Test
    void aTargetAndAScheduleArePausedResumedAndThePageHearsOfACommand() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            open(agent);
            row("node").getByRole(AriaRole.LINK).click();
            click("Pause");
            page.getByLabel("Why (optional)").fill("new disks");
            page.getByRole(AriaRole.DIALOG)
                    .getByText("Pause", new Locator.GetByTextOptions().setExact(true))
                    .click();
            enterToken();
            assertThat(page.locator("#target .title .verdict")).hasText("Paused", slow());
            assertThat(page.locator("#target table").first()).containsText("new disks");
            click("Resume");
            assertThat(page.locator("#target .title .verdict")).hasText("No backup", slow());
            click("Pause schedule full");
            page.getByRole(AriaRole.DIALOG)
                    .getByText("Pause", new Locator.GetByTextOptions().setExact(true))
                    .click();
            assertThat(page.locator("#target .title .verdict")).hasText("Paused", slow());
            click("Resume schedule full");
            assertThat(page.locator("#target .title .verdict")).hasText("No backup", slow());
            // Nobody tells the agent of this one.
            new Journal(agent.config.stateDirectory("node").resolve("runs.jsonl"))
                    .append(
                            new JournalEvent(
                                    Instant.now(), null, "paused", Map.of("by", "operator")));
            assertThat(page.locator("#target .title .verdict")).hasText("Paused", slow());
            assertQuiet(agent);
        }
    }

    @Test
    void aStreamThatBreaksIsShownAndComesBackWithWhatHappenedMeanwhile() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            open(agent);
            assertThat(page.locator("#sentence"))
                    .hasText("node is not safe: no proven backup.", slow());
            agent.close();
            assertThat(page.locator("#live"))
                    .hasText(Pattern.compile("Not live since \\d\\d:\\d\\d:\\d\\d: .+"), slow());
            assertThat(page.locator("#sentence"))
                    .hasText(
                            Pattern.compile("Nothing is known since .+ Then: node is not safe: .+"),
                            slow());
            agent.start();
            agent.full("node");
            awaitLive();
            assertThat(page.locator("#sentence")).hasText("node is safe.", slow());
            // That nobody answers is what the browser itself writes there. And nothing else.
            errors.removeIf(error -> error.startsWith("Failed to load resource"));
            assertQuiet(agent);
        }
    }

    @Test
    void aStatusThatIsNotAnsweredIsShownWhileTheStreamGoesOn() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            agent.full("node");
            open(agent);
            assertThat(page.locator("#sentence")).hasText("node is safe.", slow());
            page.route(
                    "**/api/v1/status",
                    route ->
                            route.fulfill(
                                    json("{\"detail\":\"the journal is on fire\"}")
                                            .setStatus(500)));
            agent.edit("full: { do", "weekly: { do");
            assertThat(page.locator("#live"))
                    .hasText(
                            Pattern.compile(
                                    "Not live since \\d\\d:\\d\\d:\\d\\d: the journal is on fire"),
                            slow());
            assertThat(page.locator("#sentence"))
                    .hasText(
                            Pattern.compile("Nothing is known since .+ Then: node is safe\\."),
                            slow());
            assertThat(page.title()).startsWith("? not live");

            page.unroute("**/api/v1/status");
            awaitLive();
            assertThat(page.locator("#sentence")).hasText("node is safe.", slow());
            errors.removeIf(error -> error.startsWith("Failed to load resource"));
            assertQuiet(agent);
        }
    }

    @Test
    void aStatusOfMinutesAgoIsNotShownAsLive() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            agent.full("node");
            page.clock().install();
            open(agent);
            // Nobody answers from now on, and nobody refuses.
            List<Route> held = Collections.synchronizedList(new ArrayList<>());
            page.route("**/api/v1/status", held::add);
            page.clock()
                    .setSystemTime(System.currentTimeMillis() + Duration.ofMinutes(7).toMillis());
            assertThat(page.locator("#live"))
                    .hasText(
                            Pattern.compile(
                                    "Not live since .+: it has not told how it stands for minutes"),
                            slow());
            assertThat(page.locator("#sentence"))
                    .hasText(Pattern.compile("Nothing is known since .+"), slow());
            await().atMost(SOON).until(() -> page.evaluate("1") != null && !held.isEmpty());
            page.unroute("**/api/v1/status");
            held.get(0).resume();
            awaitLive();
            assertQuiet(agent);
        }
    }

    @Test
    void whatIsPausedAndWhatHangsIsInTheSentence() {
        PastRuns.write(directory, "stopped", 2, 0, null);
        PastRuns.write(directory, "forgotten", 30, 24, "no space left");
        PastRuns.hanging(directory, "stuck", 30);
        Map<String, SimulatedServer> servers =
                PageAgent.all(server, List.of("stopped", "forgotten", "stuck"));
        try (var create = server.faults().hold("create");
                PageAgent agent = PageAgent.start(directory, servers, "", PastRuns.SCHEDULES)) {
            pause(agent, "stopped");
            pause(agent, "forgotten");
            open(agent);
            assertThat(page.locator("#sentence"))
                    .hasText(
                            Pattern.compile(
                                    "2 of 3 targets are not safe:"
                                            + " forgotten \\(paused since [^,]+, last proven backup of .+\\),"
                                            + " stuck \\(a run is at work since .+, last proven backup of .+\\);"
                                            + " 1 is paused: stopped \\(since .+\\)\\."),
                            slow());
            assertThat(row("stuck")).containsText("Hangs");
            assertThat(row("stuck")).hasAttribute("data-look", "bad");
            assertThat(row("forgotten")).containsText("Paused");
            assertThat(row("forgotten")).hasAttribute("data-look", "bad");
            assertThat(row("stopped")).hasAttribute("data-look", "paused");
            click("Not safe 2");
            assertThat(page.locator(".rows .row")).hasCount(2);
            assertAccessible();
            assertQuiet(agent);
        }
    }

    @Test
    void aPauseIsInTheSentenceWhereAllIsSafeForNow() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            agent.full("node");
            pause(agent, "node");
            open(agent);
            assertThat(page.locator("#sentence"))
                    .hasText(
                            Pattern.compile(
                                    "node is safe for now, and paused since \\d\\d:\\d\\d\\."),
                            slow());
            assertThat(page.title()).startsWith("‖ paused");
            assertAccessible();
            assertQuiet(agent);
        }
    }

    @Test
    void anAgeThatNobodyKnowsIsNotShownAsNone() {
        Instant future = Instant.now().plus(Duration.ofDays(300));
        PastRuns.write(directory, "node", future);
        try (PageAgent agent = PageAgent.start(directory, server)) {
            open(agent);
            assertThat(page.locator("#sentence"))
                    .hasText("node is not safe: proven backup of unknown age.", slow());
            assertThat(row("node")).containsText("Age unknown");
            assertThat(row("node")).containsText("of unknown age");
            assertThat(row("node")).not().containsText(Pattern.compile("\\d s (old|ago)"));
            row("node").getByRole(AriaRole.LINK).click();
            assertThat(page.locator(".facts").first()).containsText("Ageunknown", slowly());
            assertQuiet(agent);
        }
    }

    @Test
    void anEditThatIsRefusedIsShownUntilItIsMendedAndBreaksNothing() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            open(agent);
            agent.edit("retry:", "retri:");
            // What stands in the file is told to whoever shows the token.
            assertThat(page.locator("#notices")).containsText("agent.yaml:", slowly());
            assertThat(page.locator("#notices")).not().containsText("retri");
            page.evaluate(
                    "token => sessionStorage.setItem('clickhouse-backup-agent.token', token)",
                    PageAgent.TOKEN);
            page.reload();
            assertThat(page.locator("#notices")).containsText("retri", slowly());
            agent.edit("retri:", "retry:");
            assertThat(page.locator("#notices")).hasText("", slow());
            agent.edit("full: { do", "weekly: { do");
            page.locator(".schedules summary").click();
            assertThat(page.locator(".schedules table")).containsText("weekly", slowly());
            assertThat(page.locator("#live")).hasText("Live");
            assertQuiet(agent);
        }
    }

    @Test
    void aKillIsAskedForTwiceAndSentOnce() {
        try (PageAgent agent = PageAgent.start(directory, server);
                var upload = server.faults().hold("upload")) {
            List<String> killed = Collections.synchronizedList(new ArrayList<>());
            // What the agent would do is not the page's.
            page.route(
                    "**/api/v1/targets/node/kill",
                    route -> {
                        killed.add(route.request().headerValue("Authorization"));
                        route.fulfill(json("{}"));
                    });
            page.route(
                    "**/api/v1/openapi.json",
                    route ->
                            route.fulfill(
                                    json(
                                            "{\"paths\":{\"/targets/{target}/kill\":{\"post\":{}}}}")));
            CompletableFuture<Void> run = CompletableFuture.runAsync(() -> agent.full("node"));
            open(agent);
            row("node").getByRole(AriaRole.LINK).click();
            // What is not offered is not there.
            assertThat(page.locator(".actions button")).hasText(new String[] {"Kill"});
            click("Kill");
            click("Cancel");
            click("Kill");
            click("Kill it");
            enterToken();
            assertThat(page.locator("#said")).containsText("was told to kill", slowly());
            assertThat(killed).containsExactly("Bearer " + PageAgent.TOKEN);
            upload.open();
            await().atMost(SOON).until(run::isDone);
            assertQuiet(agent);
        }
    }

    private static Route.FulfillOptions json(String body) {
        return new Route.FulfillOptions().setContentType("application/json").setBody(body);
    }

    @Test
    void aBrowserWhoseClockIsWrongShowsAgesThatAreRight() {
        try (PageAgent agent = PageAgent.start(directory, server)) {
            agent.full("node");
            page.clock().setSystemTime(System.currentTimeMillis() + Duration.ofHours(5).toMillis());
            open(agent);
            assertThat(row("node")).containsText(Pattern.compile("\\d+ s old"), slowly());
            assertQuiet(agent);
        }
    }

    @Test
    void aThousandTargetsAreScrolledFilteredAndOnlyDrawnWhereTheyAreSeen() {
        List<String> names =
                IntStream.rangeClosed(1, 1000).mapToObj("shard-%04d"::formatted).toList();
        for (String name : names) {
            PastRuns.write(
                    directory,
                    name,
                    name.endsWith("77") ? 6 : 2,
                    name.endsWith("77") ? 5 : 0,
                    "no space left");
        }
        try (PageAgent agent =
                PageAgent.start(directory, PageAgent.all(server, names), "", PastRuns.SCHEDULES)) {
            long begin = System.nanoTime();
            open(agent);
            assertThat(page.locator(".rows .row")).hasCount(1000);
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            System.out.printf("1,000 targets are there after %d ms%n", took.toMillis());
            assertThat(took).isLessThan(Duration.ofSeconds(10));
            assertThat(page.locator("#sentence"))
                    .hasText(Pattern.compile("10 of 1000 targets are not safe: shard-0077 .*"));
            // Trouble first.
            assertThat(page.locator(".rows .row").first()).containsText("shard-0077");
            assertThat(drawn()).isLessThan(60);
            page.locator(".rows .row").last().scrollIntoViewIfNeeded();
            assertThat(page.locator(".rows .row").last()).containsText("shard-1000");
            assertThat(page.locator(".rows .row").last()).containsText(" old");
            assertThat(drawn()).isLessThan(60);
            page.getByLabel(Pattern.compile("Show only targets")).fill("0999");
            assertThat(page.locator(".rows .row")).hasCount(1);
            page.getByLabel(Pattern.compile("Show only targets")).fill("");
            System.out.printf(
                    "/status of 1,000 targets: %s ms, %s characters%n",
                    page.evaluate(
                            "(async () => { const t = performance.now(); await (await fetch('api/v1/status')).text(); return Math.round(performance.now() - t); })()"),
                    page.evaluate(
                            "(async () => (await (await fetch('api/v1/status')).text()).length)()"));
            click("Not safe 10");
            assertThat(page.locator(".rows .row")).hasCount(10);
            assertQuiet(agent);
        }
    }

    private int drawn() {
        return ((Number)
                        page.evaluate(
                                """
                                [...document.querySelectorAll('.rows .row .first')]
                                  .filter((each) => each.checkVisibility({ contentVisibilityAuto: true })).length / 3
                                """))
                .intValue();
    }

    @Test
    void theKeyboardIsEnoughAndARowThatMovesKeepsTheFocus() {
        List<String> names = List.of("a", "b", "c");
        try (PageAgent agent =
                PageAgent.start(directory, PageAgent.all(server, names), "", PageAgent.NEVER)) {
            names.forEach(agent::full);
            open(agent);
            assertThat(page.locator(".rows .row .name")).hasText(new String[] {"a", "b", "c"});
            page.keyboard().press("Tab");
            assertThat(page.locator(".skip")).isFocused();
            Locator last = row("c").getByRole(AriaRole.LINK);
            for (int i = 0; i < 20 && !focused().equals("c"); i++) {
                page.keyboard().press("Tab");
            }
            assertThat(last).isFocused();
            server.faults().next("create", Ending.error("no space left"));
            agent.full("c");
            assertThat(page.locator(".rows .row .name")).hasText(new String[] {"c", "a", "b"});
            assertThat(last).isFocused();
            page.keyboard().press("Enter");
            assertThat(page.locator("#target-name")).isFocused();
            assertThat(page.locator("#target-name")).hasText("c");
            assertQuiet(agent);
        }
    }

    private String focused() {
        return page.evaluate("document.activeElement.textContent").toString();
    }

    @Test
    void whereReadingNeedsTheTokenThePageAsksForItAndKeepsItInTheTabOnly() {
        try (PageAgent agent =
                PageAgent.start(
                        directory, Map.of("node", server), ", read: token", PageAgent.NEVER)) {
            page.navigate(agent.url().toString());
            click("Enter it");
            page.getByLabel("Token", new Page.GetByLabelOptions().setExact(true))
                    .last()
                    .fill("wrong");
            click("Use it");
            assertThat(page.locator("#said"))
                    .hasText("The agent does not know that token.", slow());
            click("Enter it");
            enterToken();
            awaitLive();
            assertThat(page.locator(".rows .row")).hasCount(1);
            page.reload();
            awaitLive();
            assertThat(page.url()).doesNotContain(PageAgent.TOKEN);
            assertThat(page.evaluate("localStorage.length")).isEqualTo(0);
            assertThat(page.evaluate("document.cookie")).isEqualTo("");
            click("Forget token");
            assertThat(page.locator("#notices")).containsText("needs the token", slowly());
            assertThat(page.locator(".rows .row")).hasCount(0);
            assertThat(page.evaluate("sessionStorage.length")).isEqualTo(0);
            // That it was refused is what the browser itself writes there.
            errors.removeIf(error -> error.contains("401"));
            assertQuiet(agent);
        }
    }

    /** The targets of the pictures, with all that can be. */
    private PageAgent agentOfPictures(SimulatedServer busy) {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        for (int shard = 1; shard <= 4; shard++) {
            for (int replica = 1; replica <= 2; replica++) {
                servers.put("shard%d-replica%d".formatted(shard, replica), server);
            }
        }
        servers.put("billing", busy);
        servers.put("events", server);
        servers.put("staging", server);
        servers.keySet()
                .forEach(
                        name -> {
                            int bad =
                                    name.equals("shard3-replica2")
                                            ? 7
                                            : name.equals("events") ? 1 : 0;
                            PastRuns.write(
                                    directory,
                                    name,
                                    9 * 24,
                                    bad,
                                    "upload of DIFF_CH_BK ended as error: write /data: no space left on device");
                        });
        String groups =
                """
                groups:
                  shards: [shard1-replica1, shard1-replica2, shard2-replica1, shard2-replica2, shard3-replica1, shard3-replica2, shard4-replica1, shard4-replica2]
                """;
        return PageAgent.start(directory, servers, "", groups + PastRuns.SCHEDULES);
    }

    @Test
    void nothingStandsInTheWayOfWhoCannotSeeWellAndThePicturesOfTheDocsAreMade() throws Exception {
        Files.createDirectories(PICTURES);
        try (SimulatedServer busy = PageAgent.server().start();
                PageAgent agent = agentOfPictures(busy);
                var upload = busy.faults().hold("upload")) {
            CompletableFuture<Void> run = CompletableFuture.runAsync(() -> agent.full("billing"));
            page.navigate(agent.url().toString());
            pause(agent, "staging");
            assertThat(row("billing").locator(".now")).containsText("FULL in upload", slowly());
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                String name = scheme.name().toLowerCase(Locale.ROOT);
                page(
                        new Browser.NewContextOptions()
                                .setViewportSize(1280, 860)
                                .setColorScheme(scheme));
                open(agent);
                assertThat(page.locator(".rows .row")).hasCount(11);
                assertThat(row("staging")).containsText("Paused", slowly());
                picture("overview-" + name, false);
                assertAccessible();
                row("shard3-replica2").getByRole(AriaRole.LINK).click();
                assertThat(page.locator(".plot canvas")).hasCount(2);
                assertThat(page.locator(".tree li").first()).isVisible();
                picture("target-" + name, true);
                page.locator(".facts a.wrong").click();
                assertThat(page.locator(".picture img")).isVisible();
                assertAccessible();
                page.getByText("← All targets").click();
                row("billing").getByRole(AriaRole.LINK).click();
                page.getByText("Log and way").click();
                assertThat(page.locator(".picture img")).isVisible();
                page.locator(".picture img").scrollIntoViewIfNeeded();
                picture("run-" + name, false);
                click("Pause");
                assertAccessible();
                click("Cancel");
            }
            page(
                    new Browser.NewContextOptions()
                            .setViewportSize(360, 780)
                            .setDeviceScaleFactor(2)
                            .setHasTouch(true)
                            .setIsMobile(true));
            open(agent);
            assertThat(page.locator(".rows .row")).hasCount(11);
            assertNoScrollAside();
            assertAccessible();
            picture("overview-phone", false);
            row("billing").getByRole(AriaRole.LINK).click();
            assertThat(page.locator(".plot canvas")).hasCount(2);
            picture("target-phone", false);
            page.getByText("Log and way").click();
            assertThat(page.locator(".picture img")).isVisible();
            assertNoScrollAside();
            assertAccessible();
            upload.open();
            await().atMost(SOON).until(run::isDone);
            assertQuiet(agent);
        }
        publish();
    }

    @Test
    void longNamesAndWhatIsStillEmptyFitOnADeskAndOnAPhone() throws Exception {
        Files.createDirectories(PICTURES);
        String longest = "clickhouse-production-eu-central-1-analytics-shard-0017-replica-0002-x";
        PastRuns.write(directory, longest, 9, 3, "write /" + "data".repeat(60) + ": no space left");
        Map<String, SimulatedServer> servers =
                PageAgent.all(server, List.of(longest, "new", "other"));
        String schedules =
                """
                schedules:
                  the-differential-backup-of-each-hour-on-working-days: { do: diff, cron: "7 * * * 1-5", targets: [%1$s] }
                  weekly: { do: full, cron: "30 20 * * 6", targets: [%1$s, new] }
                """
                        .formatted(longest);
        try (PageAgent agent = PageAgent.start(directory, servers, "", schedules)) {
            for (boolean phone : List.of(false, true)) {
                String on = phone ? "phone" : "desk";
                page(
                        new Browser.NewContextOptions()
                                .setViewportSize(phone ? 360 : 1280, phone ? 780 : 860)
                                .setColorScheme(phone ? ColorScheme.DARK : ColorScheme.LIGHT)
                                .setIsMobile(phone)
                                .setHasTouch(phone));
                open(agent);
                assertThat(page.locator(".rows .row")).hasCount(3);
                assertThat(row("other")).containsText("No backup");
                assertThat(row("other")).containsText("has had no run");
                page.locator(".schedules summary").click();
                assertNoScrollAside();
                assertAccessible();
                picture("long-overview-" + on, false);
                row(longest).getByRole(AriaRole.LINK).click();
                assertThat(page.locator(".plot canvas")).hasCount(2);
                page.locator(".facts a.wrong").click();
                assertThat(page.locator(".run .notice")).containsText("no space left", slowly());
                page.evaluate("scrollTo(0, 0)");
                assertNoScrollAside();
                assertAccessible();
                picture("long-target-" + on, true);
                page.getByText("← All targets").click();
                row("other").getByRole(AriaRole.LINK).click();
                assertThat(page.locator("#target")).containsText("It has had no run.", slowly());
                assertThat(page.locator("#target")).containsText("No backup is proven yet.");
                assertThat(page.locator("#target"))
                        .containsText("It has none: backups are made by hand only.");
                assertThat(page.locator(".plots")).isHidden();
                assertThat(page.locator(".legend")).isHidden();
                assertNoScrollAside();
                assertAccessible();
                picture("empty-target-" + on, false);
                page.getByText("← All targets").click();
            }
            page.navigate(agent.url() + "#/targets/nowhere");
            assertThat(page.locator("#target"))
                    .containsText("The configuration has no such target.", slowly());
            assertThat(page.locator("#target .card:visible")).hasCount(0);
            picture("no-target", false);
            page.navigate(agent.url() + "#/targets/new/runs/20200101T000000Z-abcdef");
            assertThat(page.locator(".run .notice")).containsText("found no run", slowly());
            assertThat(page.locator(".run details").first()).isHidden();
            assertThat(page.evaluate("document.querySelector('.bar').getBoundingClientRect().top"))
                    .as("the bar stays where it says whether the page is live")
                    .isEqualTo(0);
            picture("no-run", false);
            errors.removeIf(error -> error.startsWith("Failed to load resource"));
            assertQuiet(agent);
        }
    }

    private static void pause(PageAgent agent, String target) {
        new Journal(agent.config.stateDirectory(target).resolve("runs.jsonl"))
                .append(
                        new JournalEvent(
                                Instant.now(),
                                null,
                                "paused",
                                Map.of("by", "operator", "reason", "disks are exchanged")));
    }

    private void picture(String name, boolean whole) {
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setPath(PICTURES.resolve(name + ".png"))
                        .setAnimations(ScreenshotAnimations.DISABLED)
                        .setFullPage(whole)
                        .setClip(
                                0,
                                0,
                                page.viewportSize().width,
                                whole ? 1360 : page.viewportSize().height));
    }

    private void assertNoScrollAside() {
        assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo(true);
    }

    private void assertAccessible() {
        List<Rule> found = new AxeBuilder(page).analyze().getViolations();
        assertThat(found)
                .filteredOn(rule -> List.of("serious", "critical").contains(rule.getImpact()))
                .as(
                        () ->
                                found.stream()
                                        .map(rule -> rule.getId() + " " + rule.getNodes())
                                        .toList()
                                        .toString())
                .isEmpty();
    }

    /** The docs get new pictures where that is asked for: they differ each time, by the clock. */
    private static void publish() throws IOException {
        Path docs = Path.of("docs/page");
        for (String name :
                List.of(
                        "overview-light",
                        "overview-dark",
                        "overview-phone",
                        "target-light",
                        "run-light")) {
            Path picture = PICTURES.resolve(name + ".png");
            assertThat(Files.size(picture)).as(name).isLessThan(200_000);
            if (Boolean.getBoolean("update-generated")) {
                Files.createDirectories(docs);
                Files.copy(
                        picture, docs.resolve(name + ".png"), StandardCopyOption.REPLACE_EXISTING);
            }
            assertThat(docs.resolve(name + ".png")).exists();
        }
    }
}
