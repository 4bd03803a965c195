package io.github.clickhousebackupagent.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.TargetConfig;
import io.github.clickhousebackupagent.run.BackupRun;
import io.github.clickhousebackupagent.run.Runs;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * What the routes must know of a target to call it.
 *
 * @param config the targets
 * @param runs is told what they answer
 */
public record Targets(AgentConfig config, Runs runs) {

    /** Returns the address of a target's API. */
    public String url(String target) {
        return find(target).url().toString();
    }

    /** Returns the names of all targets. */
    public List<String> names() {
        return List.copyOf(config.targets().keySet());
    }

    /** Returns the value of the header with the credentials; null for a target without any. */
    public String authorization(String target) {
        TargetConfig found = find(target);
        if (found.username() == null) {
            return null;
        }
        String password = found.password() == null ? "" : found.password().reveal();
        String both = found.username() + ":" + password;
        return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Takes note of an answer, if it is one to a call that changes something, or a refusal: the
     * others are many, and say little.
     */
    public void answered(BackupRun run, String target, String call, int status, String body) {
        if (call.startsWith("POST") || status >= 300) {
            runs.answered(run, target, call, status, body);
        }
    }

    private TargetConfig find(String target) {
        return config.targets().get(target);
    }
}
