package io.github.clickhousebackupagent.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.chaos.KillPlan.Kill;
import io.github.clickhousebackupagent.chaos.KillPlan.Moment;
import io.github.clickhousebackupagent.chaos.KillPlan.ServerKill;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class KillPlanTest {

    private static final List<Kill> KILLS = KillPlan.of(1, 1000, 6).kills();

    @Test
    void theSameSeedGivesTheSamePlan() {
        assertThat(KillPlan.of(1, 1000, 6).kills()).isEqualTo(KILLS);
        assertThat(KillPlan.of(2, 1000, 6).kills()).isNotEqualTo(KILLS);
        assertThat(KillPlan.paces(1, 6)).isEqualTo(KillPlan.paces(1, 6));
        assertThat(KillPlan.resumeDelays(1, 6)).isEqualTo(KillPlan.resumeDelays(1, 6));
    }

    /** So that what a long run finds early can be had in a short one. */
    @Test
    void aLongerPlanBeginsWithTheShorterOne() {
        assertThat(KILLS).startsWith(KillPlan.of(1, 200, 6).kills().toArray(Kill[]::new));
    }

    @Test
    void eachKillEndsSomething() {
        assertThat(KILLS)
                .hasSize(1000)
                .allMatch(kill -> kill.agent() || !kill.servers().isEmpty())
                .allSatisfy(
                        kill ->
                                assertThat(kill.servers())
                                        .extracting(ServerKill::server)
                                        .doesNotHaveDuplicates()
                                        .allMatch(server -> server >= 0 && server < 6));
    }

    @Test
    void agentAndServersDieAloneAndTogetherAndAtEachMoment() {
        assertThat(share(kill -> kill.agent() && kill.servers().isEmpty())).isBetween(20, 32);
        assertThat(share(kill -> kill.agent() && !kill.servers().isEmpty())).isBetween(5, 14);
        assertThat(share(kill -> !kill.agent())).isBetween(60, 72);
        for (Moment moment : Moment.values()) {
            assertThat(share(kill -> kill.moment() == moment)).as("%s", moment).isPositive();
        }
    }

    @Test
    void noKillWaitsForLong() {
        assertThat(KILLS)
                .allMatch(kill -> kill.after().compareTo(Duration.ofMillis(1300)) <= 0)
                .flatExtracting(Kill::servers)
                .allMatch(victim -> victim.down().compareTo(Duration.ofMillis(2500)) <= 0);
    }

    @Test
    void halfAnAnswerIsOfAServerThatDies() {
        assertThat(KILLS)
                .filteredOn(kill -> kill.moment() == Moment.HALF_ANSWER)
                .noneMatch(kill -> kill.servers().isEmpty());
    }

    private static int share(Predicate<Kill> which) {
        return (int) (KILLS.stream().filter(which).count() / 10);
    }
}
