package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.util.List;

/** What a simulated server was asked for, in short. */
final class Calls {

    private Calls() {}

    /** Returns the calls as {@code METHOD PATH?QUERY}, without the address to call back. */
    static List<String> of(SimulatedServer server) {
        return server.calls().stream().map(Calls::text).toList();
    }

    /** Returns those that change something. */
    static List<String> posts(SimulatedServer server) {
        return of(server).stream().filter(call -> call.startsWith("POST")).toList();
    }

    /** Returns how often it was asked how far an operation is. */
    static long questions(SimulatedServer server) {
        return of(server).stream().filter(c -> c.startsWith("GET /backup/actions")).count();
    }

    static List<String> uploads(SimulatedServer server) {
        return posts(server).stream()
                .filter(call -> call.startsWith("POST /backup/upload"))
                .toList();
    }

    private static String text(RecordedCall call) {
        String query = call.query().replaceFirst("&?callback=[^&]*", "");
        return call.method() + " " + call.path() + (query.isEmpty() ? "" : "?" + query);
    }
}
