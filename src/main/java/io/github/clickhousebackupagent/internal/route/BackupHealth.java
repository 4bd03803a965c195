package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.status.Statuses;
import io.github.clickhousebackupagent.internal.status.TargetStatus;
import io.github.clickhousebackupagent.internal.status.Verdict;
import io.github.clickhousebackupagent.internal.text.Ages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckResultBuilder;

/**
 * Whether backups happen as promised, as a health check of Camel; asks no server. It is neither
 * about readiness nor about liveness: a platform whose backups are late must not be restarted by
 * that, nor lose its traffic.
 */
final class BackupHealth implements HealthCheck {

    private final AgentConfig config;
    private final boolean withSchedules;
    private final Statuses statuses;
    private volatile boolean enabled = true;

    BackupHealth(AgentConfig config, boolean withSchedules, Statuses statuses) {
        this.config = config;
        this.withSchedules = withSchedules;
        this.statuses = statuses;
    }

    @Override
    public boolean isEnabled() {
        return enabled;
    }

    @Override
    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    @Override
    public boolean isReadiness() {
        return false;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    public String getGroup() {
        return "camel";
    }

    @Override
    public String getId() {
        return Embedding.NAME;
    }

    @Override
    public Result call() {
        return call(Map.of());
    }

    @Override
    public Result call(Map<String, Object> options) {
        HealthCheckResultBuilder builder = HealthCheckResultBuilder.on(this);
        List<String> late = new ArrayList<>();
        for (String target : config.targets().keySet()) {
            TargetStatus status = statuses.of(target);
            builder.detail(target, status.readable() ? say(status) : status.error());
            if (!status.readable() || withSchedules && isLate(status)) {
                late.add(target);
            }
        }
        if (late.isEmpty()) {
            builder.up();
        } else {
            builder.message("Backups are late: " + String.join(", ", late)).down();
        }
        return builder.build();
    }

    /** A platform that is new has no backup yet, and need not be ashamed of it. */
    private static boolean isLate(TargetStatus status) {
        boolean tried = status.last() != null && status.last().outcome() == Outcome.FAILED;
        return status.verdict() == Verdict.LATE || status.verdict() == Verdict.NEVER && tried;
    }

    private static String say(TargetStatus status) {
        String verdict = status.verdict().word();
        return status.proven() == null
                ? verdict + ", no backup is proven"
                : "%s, last %s, age %s"
                        .formatted(
                                verdict,
                                status.proven(),
                                status.age() == null ? "unknown" : Ages.format(status.age()));
    }
}
