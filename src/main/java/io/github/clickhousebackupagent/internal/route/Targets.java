package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Secret;
import io.github.clickhousebackupagent.config.TargetConfig;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.Runs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** What the routes must know of a target to call it. */
// No record: Camel asks a bean for its hash at each call, and that of a record is that of all
// targets.
public final class Targets {

    private final AgentConfig config;
    private final Runs runs;

    /**
     * @param config the targets
     * @param runs is told what they answer
     */
    public Targets(AgentConfig config, Runs runs) {
        this.config = config;
        this.runs = runs;
    }

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
        return basic(find(target).username(), find(target).password());
    }

    /** Returns the address of a target's ClickHouse. Only for a target that has one. */
    public String clickHouseUrl(String target) {
        return find(target).clickhouseUrl().toString();
    }

    /** Returns the same header for a target's ClickHouse; null for its default user. */
    public String clickHouseAuthorization(String target) {
        return basic(find(target).clickhouseUsername(), find(target).clickhousePassword());
    }

    private static String basic(String username, Secret password) {
        if (username == null) {
            return null;
        }
        String both = username + ":" + (password == null ? "" : password.reveal());
        return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Takes note of an answer, if it is one to a call that changes something, or a refusal: the
     * others are many, and say little.
     */
    public void answered(Run run, String target, String call, int status, String body) {
        if (call.startsWith("POST") || status >= 300) {
            runs.answered(run, target, call, status, body);
        }
    }

    /**
     * Returns an answer without the secrets of the call that it is an answer to: a proxy may show
     * the headers that it got, or the address to call back.
     *
     * @param run the run; null where the call is not part of one
     * @param body may be null
     */
    public String withoutSecrets(Run run, String target, String body) {
        if (body == null) {
            return null;
        }
        String shown = body;
        for (String authorization :
                Arrays.asList(authorization(target), clickHouseAuthorization(target))) {
            if (authorization != null) {
                // Not the signs at its end, which a page may write in another way.
                String told = authorization.substring("Basic ".length()).replaceFirst("=+$", "");
                shown = hide(shown, told);
            }
        }
        if (run != null && run.callbackToken() != null) {
            shown = hide(shown, run.callbackToken());
        }
        // The API's own answers are left alone: a password may be a word of theirs.
        boolean page = !body.stripLeading().startsWith("{");
        for (Secret password :
                Arrays.asList(find(target).password(), find(target).clickhousePassword())) {
            shown = password != null && page ? hide(shown, password.reveal()) : shown;
        }
        return shown;
    }

    private static String hide(String text, String secret) {
        return secret.isEmpty() ? text : text.replace(secret, Secret.HIDDEN);
    }

    private TargetConfig find(String target) {
        return config.targets().get(target);
    }
}
