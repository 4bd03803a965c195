package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.chaos.KillPlan.Pace;
import io.github.clickhousebackupagent.sandbox.Faults;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The simulated servers, one a target, in turn of version 2.8 and 2.4, that die and come back. Not
 * thread-safe.
 */
final class ChaosServers implements AutoCloseable {

    private static final int NEW_ROWS = 1000;

    private final List<SimulatedServer> servers = new ArrayList<>();
    private final List<Pace> paces;
    private final List<Future<?>> back = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    ChaosServers(long seed, int count) {
        // Also read and written by the timer's thread.
        paces = new CopyOnWriteArrayList<>(KillPlan.paces(seed, count));
        List<Duration> resumeDelays = KillPlan.resumeDelays(seed, count);
        for (int i = 0; i < count; i++) {
            SimulatedServer server =
                    SimulatedServer.builder()
                            .version(ChaosConfig.version(i))
                            .resumeDelay(resumeDelays.get(i))
                            .start();
            servers.add(server);
            back.add(CompletableFuture.completedFuture(null));
            forgetFaults(i);
        }
    }

    int count() {
        return servers.size();
    }

    SimulatedServer get(int server) {
        return servers.get(server);
    }

    List<SimulatedServer> all() {
        return List.copyOf(servers);
    }

    /** Kills a server that is up; it comes back by itself. */
    void kill(int number, Duration down, Pace pace) {
        SimulatedServer server = servers.get(number);
        server.kill();
        back.set(
                number,
                timer.schedule(
                        () -> {
                            // What was to happen in the life before is not to happen in this one.
                            paces.set(number, pace);
                            forgetFaults(number);
                            server.insertRows("shop", "orders", NEW_ROWS);
                            server.restart();
                        },
                        down.toNanos(),
                        TimeUnit.NANOSECONDS));
    }

    boolean isUp(int number) {
        return back.get(number).isDone();
    }

    /** Waits until a server is up again. */
    void awaitUp(int number) throws Exception {
        back.get(number).get(30, TimeUnit.SECONDS);
    }

    /** Waits until all are up, and lets them answer as they do in quiet times. */
    void calmDown() throws Exception {
        for (int i = 0; i < servers.size(); i++) {
            awaitUp(i);
            servers.get(i).faults().clear();
        }
    }

    /** Takes back what was to go wrong at a server; it stays as fast as it is. */
    void forgetFaults(int number) {
        Pace pace = paces.get(number);
        Faults faults = servers.get(number).faults();
        faults.clear();
        faults.duration("create", pace.create());
        faults.duration("upload", pace.upload());
        faults.latency("/backup/", pace.latency());
    }

    @Override
    public void close() {
        timer.shutdownNow();
        servers.forEach(SimulatedServer::close);
    }
}
