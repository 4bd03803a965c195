package io.github.clickhousebackupagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.DeadLetterChannelBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the owner of a Camel platform gets, and must not lose, by the agent in it. */
@Timeout(60)
class BackupAgentTest {

    @TempDir Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private <T extends AutoCloseable> T open(T what) {
        opened.add(what);
        return what;
    }

    private SimulatedServer server() {
        return open(SimulatedServer.builder().start());
    }

    private AgentConfig config(String folder, SimulatedServer server, String more) {
        String yaml =
                """
                targets: { node: { url: "%s" } }
                log-directory: "%s"
                state-directory: "%s"
                limits: { busy: 300ms, outage: 300ms, silence: 500ms, settle: 100ms, proof: 100ms, stop: 5s }
                retry: { create: 0, upload: 0 }
                %s
                """
                        .formatted(
                                server.uri(),
                                directory.resolve(folder + "/log"),
                                directory.resolve(folder + "/state"),
                                more);
        return new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                .parse("application", yaml);
    }

    private static final String NEVER_DUE =
            "schedules: { yearly: { do: full, cron: '0 0 1 1 *' } }";

    private CamelContext context(String name) {
        DefaultCamelContext context = open(new DefaultCamelContext());
        context.getCamelContextExtension().setName(name);
        return context;
    }

    private BackupAgent start(CamelContext context, AgentConfig config) throws Exception {
        BackupAgent agent = BackupAgent.builder(config).build();
        context.addRoutes(agent);
        context.start();
        return agent;
    }

    @Test
    void aPlatformGetsAProvenBackupAndTheOutcomeAsAValue() throws Exception {
        SimulatedServer server = server();
        BackupAgent agent = start(context("platform"), config("a", server, ""));
        RunEvent full = agent.backup("node", BackupKind.FULL);
        RunEvent diff = agent.backupAsync("node", BackupKind.DIFF).get(30, TimeUnit.SECONDS);
        assertThat(full.outcome()).isEqualTo("success");
        assertThat(diff.outcome()).isEqualTo("success");
        assertThat(diff.base()).isEqualTo(full.backup());
        assertThat(agent.remoteBackups("node"))
                .extracting(BackupItem::name)
                .containsExactlyInAnyOrder(full.backup(), diff.backup());
        assertThat(Files.readString(agent.config().markerFile("node"))).contains(diff.backup());
    }

    @Test
    void twoAgentsInOneProcessBackUpSideBySideWithoutEachOther() throws Exception {
        SimulatedServer one = server();
        SimulatedServer other = server();
        // Even contexts of one name: what Quartz and JMX know by name must not be shared.
        BackupAgent first = start(context("platform"), config("a", one, NEVER_DUE));
        BackupAgent second = start(context("platform"), config("b", other, NEVER_DUE));
        CompletableFuture<RunEvent> here = first.backupAsync("node", BackupKind.FULL);
        CompletableFuture<RunEvent> there = second.backupAsync("node", BackupKind.FULL);
        assertThat(here.get(30, TimeUnit.SECONDS).outcome()).isEqualTo("success");
        assertThat(there.get(30, TimeUnit.SECONDS).outcome()).isEqualTo("success");
        assertThat(one.operations()).hasSize(2);
        assertThat(other.operations()).hasSize(2);
    }

    @Test
    void theEndOfOneContextLeavesTheOtherAlone() throws Exception {
        CamelContext ended = context("one");
        start(ended, config("a", server(), NEVER_DUE));
        BackupAgent stays = start(context("other"), config("b", server(), NEVER_DUE));
        ended.close();
        assertThat(stays.backup("node", BackupKind.FULL).outcome()).isEqualTo("success");
    }

    @Test
    void noScheduleFiresTwiceByTwoAgentsOnOneStateDirectory() throws Exception {
        SimulatedServer server = server();
        CamelContext first = context("first");
        start(first, config("a", server, NEVER_DUE));
        CamelContext second = context("second");
        BackupAgent late = open(BackupAgent.builder(config("a", server, NEVER_DUE)).build());
        assertThatThrownBy(() -> second.addRoutes(late))
                .isInstanceOf(BackupAgentException.class)
                .hasMessage(
                        "state-directory: found %s, which another agent runs on; allowed: a folder of its own for each agent"
                                .formatted(directory.resolve("a/state")));
        first.close();
        start(context("third"), config("a", server, NEVER_DUE));
    }

    @Test
    void aContextThatNeverStartsKeepsNobodyOutOfTheStateDirectory() throws Exception {
        SimulatedServer server = server();
        CamelContext first = context("first");
        BackupAgent agent = open(BackupAgent.builder(config("a", server, NEVER_DUE)).build());
        first.addRoutes(agent);
        agent.close();
        start(context("second"), config("a", server, NEVER_DUE));
    }

    @Test
    void schedulesFireInAPlatform() throws Exception {
        SimulatedServer server = server();
        String often = "schedules: { often: { do: full, cron: '* * * ? * *' } }";
        start(context("platform"), config("a", server, often));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.operations().size() >= 2);
    }

    @Test
    void withoutSchedulesNoneFiresAndAnAgentThatHasThemIsNotKeptOut() throws Exception {
        SimulatedServer server = server();
        AgentConfig config = config("a", server, NEVER_DUE);
        CamelContext byHand = context("by-hand");
        BackupAgent agent = BackupAgent.builder(config).schedules(false).build();
        byHand.addRoutes(agent);
        byHand.start();
        start(context("schedules"), config);
        assertThat(byHand.getRoutes())
                .extracting(Route::getRouteId)
                .contains("clickhouse-backup-queue-node")
                .doesNotContain("clickhouse-backup-schedule-yearly");
        assertThat(agent.backup("node", BackupKind.FULL).outcome()).isEqualTo("success");
    }

    @Test
    void aPlatformThatSendsAgainWhatFailsSendsNoCreateTwice() throws Exception {
        SimulatedServer server = server();
        CamelContext context = context("platform");
        // The retries of HTTP clients are on by default; these are of Camel's own.
        context.getCamelContextExtension()
                .setErrorHandlerFactory(
                        new DeadLetterChannelBuilder("log:dead")
                                .maximumRedeliveries(3)
                                .redeliveryDelay(1));
        BackupAgent agent = start(context, config("a", server, ""));
        server.faults().answer("/backup/create", 1, 503, "text/plain", "later");
        agent.backup("node", BackupKind.FULL);
        // It may be asked for again, once the server has said that it knows nothing of the first.
        List<String> calls =
                server.calls().stream().map(call -> call.method() + " " + call.path()).toList();
        int first = calls.indexOf("POST /backup/create");
        assertThat(calls.get(first + 1)).isEqualTo("GET /backup/actions");
    }

    @Test
    void theHttpComponentOfThePlatformStaysAsItIs() throws Exception {
        CamelContext context = context("platform");
        start(context, config("a", server(), ""));
        HttpComponent http = context.getComponent("http", HttpComponent.class);
        assertThat(http.isAutomaticRetriesDisabled()).isFalse();
        assertThat(http.isFollowRedirects()).isFalse();
    }

    @Test
    void whatCatchesErrorsOfThePlatformCatchesNoneOfTheAgentAndTheOtherWayRound() throws Exception {
        SimulatedServer server = server();
        CamelContext context = context("platform");
        List<String> caught = new ArrayList<>();
        context.addRoutesConfigurations(
                new RouteConfigurationBuilder() {
                    @Override
                    public void configuration() {
                        routeConfiguration()
                                .onException(Exception.class)
                                .handled(true)
                                .process(e -> caught.add(e.getFromRouteId()));
                    }
                });
        context.addRoutes(
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:theirs")
                                .routeId("theirs")
                                // Names that the agent's routes use, too.
                                .setProperty("run", constant("of a race"))
                                .setProperty("target", constant("node"))
                                .throwException(new IllegalStateException("theirs"));
                    }
                });
        BackupAgent agent = start(context, config("a", server, ""));
        context.createProducerTemplate().sendBody("direct:theirs", "");
        assertThat(caught).containsExactly("theirs");
        server.faults().next("create", Ending.error("disk is full"));
        RunEvent failed = agent.backup("node", BackupKind.FULL);
        assertThat(failed.outcome()).isEqualTo("failed");
        assertThat(failed.reason()).contains("disk is full");
        assertThat(caught).containsExactly("theirs");
    }

    @Test
    void routesAndStepsOfThePlatformKeepTheirIds() throws Exception {
        CamelContext context = context("platform");
        RouteBuilder theirs =
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        // Ids that routes and steps of the agent have, too.
                        from("direct:theirs")
                                .routeId("order")
                                .setBody(constant("theirs"))
                                .id("call");
                    }
                };
        context.addRoutes(theirs);
        BackupAgent agent = start(context, config("a", server(), ""));
        assertThat(context.createProducerTemplate().requestBody("direct:theirs", ""))
                .isEqualTo("theirs");
        assertThat(agent.backup("node", BackupKind.FULL).outcome()).isEqualTo("success");
        assertThat(context.getRoutes())
                .filteredOn(route -> !route.getRouteId().equals("order"))
                .allSatisfy(
                        route -> {
                            assertThat(route.getRouteId()).startsWith("clickhouse-backup-");
                            assertThat(route.getGroup()).isEqualTo("clickhouse-backup-agent");
                        });
    }

    @Test
    void whatHasOneOfTheAgentsNamesIsToldAtTheStart() throws Exception {
        CamelContext bean = context("bean");
        bean.getRegistry().bind("steps", "a stair");
        assertThatThrownBy(() -> start(bean, config("a", server(), NEVER_DUE)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("bean steps: found one of the platform (java.lang.String)");

        CamelContext property = context("property");
        Properties theirs = new Properties();
        theirs.setProperty("agent.schedules", "maybe");
        property.getPropertiesComponent().setOverrideProperties(theirs);
        assertThatThrownBy(() -> start(property, config("b", server(), NEVER_DUE)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("property agent.schedules: found one of the platform");

        CamelContext route = context("route");
        route.addRoutes(
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:order").routeId("shop").log("sold");
                    }
                });
        assertThatThrownBy(() -> start(route, config("c", server(), NEVER_DUE)))
                .isInstanceOf(BackupAgentException.class)
                .hasMessageContaining("found direct:order, which route shop begins with, too");
        // None of these has kept its folder.
        start(context("next"), config("a", server(), NEVER_DUE));
        start(context("after"), config("c", server(), NEVER_DUE));
    }

    @Test
    void hooksOfThePlatformAreCalled() throws Exception {
        CamelContext context = context("platform");
        List<RunEvent> told = new ArrayList<>();
        context.addRoutes(
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:on-success/platform")
                                .process(e -> told.add(e.getMessage().getBody(RunEvent.class)));
                    }
                });
        BackupAgent agent = start(context, config("a", server(), ""));
        RunEvent outcome = agent.backup("node", BackupKind.FULL);
        assertThat(told).extracting(RunEvent::backup).containsExactly(outcome.backup());
    }

    @Test
    void aRouteOfThePlatformMakesABackupByTheNameOfTheBean() throws Exception {
        CamelContext context = context("platform");
        context.addRoutes(
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:nightly")
                                .bean(BackupAgent.NAME, "backup('node', 'full')")
                                .setBody(simple("${body.outcome}"));
                    }
                });
        // The bean is there once the agent is; a route that names it must come after or start
        // later.
        start(context, config("a", server(), ""));
        assertThat(context.createProducerTemplate().requestBody("direct:nightly", ""))
                .isEqualTo("success");
    }

    @Test
    void aTargetThatIsNotThereIsNamed() throws Exception {
        BackupAgent agent = start(context("platform"), config("a", server(), ""));
        assertThatThrownBy(() -> agent.backup("nod", BackupKind.FULL))
                .isInstanceOf(BackupAgentException.class)
                .hasMessage("target: found 'nod'; allowed: node (did you mean node?)");
    }

    @Test
    void withoutAContextThatRunsNothingIsAskedFor() throws Exception {
        BackupAgent agent = BackupAgent.builder(config("a", server(), "")).build();
        assertThatThrownBy(() -> agent.backup("node", BackupKind.FULL))
                .isInstanceOf(BackupAgentException.class)
                .hasMessageStartingWith("the agent is in no context that runs");
        CamelContext context = context("platform");
        context.addRoutes(agent);
        context.start();
        context.close();
        assertThatThrownBy(() -> agent.backup("node", BackupKind.FULL))
                .isInstanceOf(BackupAgentException.class)
                .hasMessageStartingWith("the agent is in no context that runs");
    }

    @Test
    void thePortsOfAPlatformAreItsOwn() throws Exception {
        CamelContext context = context("platform");
        start(context, config("a", server(), NEVER_DUE));
        assertThat(context.getRoutes())
                .extracting(route -> route.getEndpoint().getEndpointUri())
                .noneMatch(uri -> uri.startsWith("platform-http"));
    }

    @Test
    void serversCallBackWhereThePlatformSaysThatItIsReached() throws Exception {
        CamelContext context = context("platform");
        VertxPlatformHttpServerConfiguration http = new VertxPlatformHttpServerConfiguration();
        http.setBindHost("127.0.0.1");
        http.setBindPort(freePort());
        context.addService(new VertxPlatformHttpServer(http));
        Set<String> called = ConcurrentHashMap.newKeySet();
        context.getManagementStrategy()
                .addEventNotifier(
                        new EventNotifierSupport() {
                            @Override
                            public void notify(CamelEvent event) {
                                if (event instanceof CamelEvent.ExchangeCompletedEvent over) {
                                    called.add(over.getExchange().getFromRouteId());
                                }
                            }
                        });
        BackupAgent agent =
                start(
                        context,
                        config(
                                "a",
                                server(),
                                "http: { callback-url: 'http://127.0.0.1:%d' }"
                                        .formatted(http.getBindPort())));
        assertThat(agent.backup("node", BackupKind.FULL).outcome()).isEqualTo("success");
        assertThat(called).contains("clickhouse-backup-callback");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void healthTellsWhetherBackupsHappenAndLeavesTrafficAndLifeAlone() throws Exception {
        SimulatedServer server = server();
        CamelContext context = context("platform");
        BackupAgent agent = start(context, config("a", server, NEVER_DUE));
        assertThat(HealthCheckRegistry.get(context)).isNotNull();
        assertThat(health(context).getState()).isEqualTo(HealthCheck.State.UP);
        server.faults().next("create", Ending.error("disk is full"));
        agent.backup("node", BackupKind.FULL);
        HealthCheck.Result down = health(context);
        assertThat(down.getState()).isEqualTo(HealthCheck.State.DOWN);
        assertThat(down.getMessage()).contains("Backups are late: node");
        assertThat(HealthCheckHelper.invokeReadiness(context))
                .noneMatch(result -> result.getCheck().getId().equals(BackupAgent.NAME));
        assertThat(HealthCheckHelper.invokeLiveness(context))
                .noneMatch(result -> result.getCheck().getId().equals(BackupAgent.NAME));
        RunEvent full = agent.backup("node", BackupKind.FULL);
        HealthCheck.Result up = health(context);
        assertThat(up.getState()).isEqualTo(HealthCheck.State.UP);
        assertThat(up.getDetails().get("node")).asString().contains(full.backup());
    }

    @Test
    void whatPrometheusReadsOfThePlatformHasTheAgentInIt() throws Exception {
        SimulatedServer server = server();
        PrometheusRegistry registry = new PrometheusRegistry();
        CamelContext context = context("platform");
        context.getRegistry().bind("prometheus", registry);
        BackupAgent agent = start(context, config("a", server, NEVER_DUE));
        agent.backup("node", BackupKind.FULL);

        assertThat(lastProven(registry))
                .hasValueSatisfying(at -> assertThat(at).isGreaterThan(1e9));

        context.stop();
        assertThat(lastProven(registry)).isEmpty();
    }

    private static Optional<Double> lastProven(PrometheusRegistry registry) {
        return registry.scrape().stream()
                .filter(
                        metric ->
                                metric.getMetadata()
                                        .getPrometheusName()
                                        .endsWith("_last_proven_backup_timestamp_seconds"))
                .map(metric -> ((GaugeSnapshot) metric).getDataPoints().get(0).getValue())
                .findFirst();
    }

    private static HealthCheck.Result health(CamelContext context) {
        return HealthCheckHelper.invoke(context).stream()
                .filter(result -> result.getCheck().getId().equals(BackupAgent.NAME))
                .findFirst()
                .orElseThrow();
    }
}
