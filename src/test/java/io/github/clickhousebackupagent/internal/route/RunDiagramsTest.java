package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.http.Call;
import io.github.clickhousebackupagent.internal.http.PastViews;
import io.github.clickhousebackupagent.internal.http.Reply;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of runs show what is so now, and cost no more than anything else that is costly. */
@Timeout(120)
class RunDiagramsTest {

    private static final Instant BEGUN = Instant.parse("2026-11-01T00:00:00Z");
    private static final int AS_MANY_AS_ARE_TOLD = 1000;

    @TempDir Path directory;

    /** Anybody may ask for pictures; drawn all at once, they would hold all who work on calls. */
    @Test
    void whoeverHasPicturesDrawnHasTheTurnOfACostlyCallUntilTheyAreDrawn() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory,
                                server,
                                EditedAgent.schedule(EditedAgent.NEVER)
                                        + "http: { port: 0, token: tell-nobody }\n")) {
            RunResult run = agent.full();
            ApiCaller api = ApiCaller.of(directory.resolve("state"), null);
            PastViews views =
                    agent.agent()
                            .context()
                            .getRegistry()
                            .lookupByNameAndType("pastViews", PastViews.class);
            Call asks =
                    new Call(
                            "get-run-diagram",
                            Map.of("run", run.run()),
                            Map.of(),
                            null,
                            null,
                            "test");
            CountDownLatch drawing = new CountDownLatch(2);
            CountDownLatch end = new CountDownLatch(1);
            List<CompletableFuture<Reply>> slow = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                slow.add(
                        CompletableFuture.supplyAsync(
                                () -> views.diagram(asks, events -> slowly(drawing, end)),
                                task -> new Thread(task).start()));
            }
            assertThat(drawing.await(60, TimeUnit.SECONDS)).isTrue();

            String events = "/runs/" + run.run() + "/events";
            assertThat(api.get(events, "/runs/{run}/events").status()).isEqualTo(503);

            end.countDown();
            for (CompletableFuture<Reply> one : slow) {
                assertThat(one.get(60, TimeUnit.SECONDS).body()).isEqualTo("<svg/>");
            }
            assertThat(api.get(events, "/runs/{run}/events").status()).isEqualTo(200);
        }
    }

    private static String slowly(CountDownLatch drawing, CountDownLatch end) {
        drawing.countDown();
        try {
            assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return "<svg/>";
    }

    /** Of a run of very many events as many are told however many more there are. */
    @Test
    void aRunOfVeryManyEventsIsDrawnAnewWhenItEnds() {
        List<JournalEvent> events = new ArrayList<>();
        events.add(event(0, JournalEvent.BEGUN, Map.of("kind", "full")));
        for (int i = 1; i < AS_MANY_AS_ARE_TOLD; i++) {
            events.add(event(i, JournalEvent.RESUMED, Map.of()));
        }
        RunDiagrams diagrams = new RunDiagrams(RouteFiles.read(Path.of("routes")));
        String before = diagrams.apply(List.copyOf(events));
        assertThat(diagrams.apply(List.copyOf(events))).isSameAs(before);

        events.remove(100);
        events.add(
                event(
                        AS_MANY_AS_ARE_TOLD,
                        JournalEvent.ENDED,
                        Map.of("stage", "create", "outcome", "failed", "reason", "no space")));

        assertThat(diagrams.apply(List.copyOf(events))).isNotEqualTo(before);
    }

    private static JournalEvent event(int second, String what, Map<String, Object> details) {
        return new JournalEvent(
                BEGUN.plusSeconds(second), "20261101T000000Z-000000", what, details);
    }
}
