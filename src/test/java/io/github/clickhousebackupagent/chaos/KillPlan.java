package io.github.clickhousebackupagent.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What is killed, in which order, at which moments. The same seed gives the same plan, and a longer
 * plan begins with the shorter one; what a kill meets depends on the machine all the same.
 *
 * @param kills in their order
 */
record KillPlan(List<Kill> kills) {

    /** What a kill waits for, before the delay that it has besides. */
    enum Moment {
        /** Nothing, while the agent is at work. */
        ANY,
        /** Nothing: not even that the agent, which the kill before this one ended, is up again. */
        AT_START,
        /** That a server has begun an operation that the agent asked for. */
        OPERATION_BEGUN,
        /** The same, but the server dies in the middle of its answer. */
        HALF_ANSWER,
        /** That a server has finished an upload, which is then to be proven. */
        UPLOAD_ENDED,
        /** That the agent has written down a proof, after which the marker is to be moved. */
        PROVEN
    }

    /**
     * How fast a server is from a restart on.
     *
     * @param create how long a create takes
     * @param upload how long an upload takes
     * @param latency how long each answer takes
     */
    record Pace(Duration create, Duration upload, Duration latency) {}

    /**
     * The death of a server.
     *
     * @param server its number; where the moment is aimed at a server, that one dies in place of
     *     the first
     * @param down how long it stays dead
     * @param pace how fast it is afterwards
     */
    record ServerKill(int server, Duration down, Pace pace) {}

    /**
     * One moment at which one or more processes are killed.
     *
     * @param number from 1
     * @param agent whether the agent is killed
     * @param servers those that are killed, each once; may be empty if the agent is
     * @param moment what is waited for
     * @param after how long is waited besides
     */
    record Kill(
            int number, boolean agent, List<ServerKill> servers, Moment moment, Duration after) {}

    /**
     * Makes a plan.
     *
     * @param kills how many
     * @param servers how many servers there are
     */
    static KillPlan of(long seed, int kills, int servers) {
        // One each, so that a change of one concern leaves the others as they were.
        Random who = random(seed, "who");
        Random when = random(seed, "when");
        Random which = random(seed, "which");
        List<Kill> plan = new ArrayList<>();
        boolean agentStarts = false;
        for (int number = 1; number <= kills; number++) {
            int of100 = who.nextInt(100);
            boolean atStart = when.nextInt(100) < 20;
            int aim = when.nextInt(100);
            double share = when.nextDouble();
            List<ServerKill> victims = victims(which, servers);
            boolean agent = of100 < 34;
            boolean both = of100 >= 26 && agent;
            Moment moment;
            if (agentStarts && atStart) {
                moment = Moment.AT_START;
            } else if (aim < 10) {
                moment = Moment.OPERATION_BEGUN;
            } else if (aim < 16 && (!agent || both)) {
                moment = Moment.HALF_ANSWER;
            } else if (aim < 25) {
                moment = Moment.UPLOAD_ENDED;
            } else if (aim < 45 && agent) {
                moment = Moment.PROVEN;
            } else {
                moment = Moment.ANY;
            }
            plan.add(
                    new Kill(
                            number,
                            agent,
                            agent && !both ? List.of() : victims,
                            moment,
                            after(moment, agent, share)));
            agentStarts = agent;
        }
        return new KillPlan(List.copyOf(plan));
    }

    /** Draws how fast each server is at the beginning, and how late it resumes uploads. */
    static List<Pace> paces(long seed, int servers) {
        Random how = random(seed, "paces");
        return IntStream.range(0, servers).mapToObj(i -> pace(how)).toList();
    }

    /** Draws how long after it listens each server resumes uploads. */
    static List<Duration> resumeDelays(long seed, int servers) {
        Random how = random(seed, "resume delays");
        return IntStream.range(0, servers).mapToObj(i -> millis(how.nextInt(151))).toList();
    }

    private static List<ServerKill> victims(Random which, int servers) {
        List<Integer> numbers =
                new ArrayList<>(IntStream.range(0, servers).mapToObj(i -> i).toList());
        Collections.shuffle(numbers, which);
        int of10 = which.nextInt(10);
        int count = Math.min(servers, of10 < 5 ? 1 : of10 < 8 ? 2 : 3);
        List<ServerKill> victims = new ArrayList<>();
        // Draws for all, so that what follows does not depend on how many die.
        for (int i = 0; i < servers; i++) {
            boolean gone = which.nextInt(10) == 0;
            double share = which.nextDouble();
            Pace pace = pace(which);
            if (i < count) {
                victims.add(
                        new ServerKill(numbers.get(i), millis(share * (gone ? 2500 : 400)), pace));
            }
        }
        return List.copyOf(victims);
    }

    private static Pace pace(Random how) {
        return new Pace(
                operation(how),
                operation(how),
                // Most answers are quick, some are not.
                millis(how.nextInt(4) == 0 ? how.nextInt(150) : how.nextInt(10)));
    }

    /** Most are short, so that there are many; some outlive a restart of the agent. */
    private static Duration operation(Random how) {
        double share = how.nextDouble();
        return millis(how.nextInt(8) == 0 ? 500 + share * 2500 : 50 + share * 250);
    }

    /**
     * Spreads a delay over all stages of a run, or over what follows at once on an event: most of
     * that is over in a few milliseconds, if nothing is slow.
     */
    private static Duration after(Moment moment, boolean agent, double share) {
        return millis(
                switch (moment) {
                    case ANY -> share * (agent ? 800 : 350);
                    case AT_START -> share * (agent ? 1300 : 600);
                    case OPERATION_BEGUN -> share * 20;
                    case HALF_ANSWER -> share * 5;
                    case UPLOAD_ENDED -> share * share * share * 150;
                    case PROVEN -> share * share * 15;
                });
    }

    private static Duration millis(double millis) {
        return Duration.ofNanos((long) (millis * 1_000_000));
    }

    private static Random random(long seed, String concern) {
        return new Random(seed * 1_000_003 + concern.hashCode());
    }
}
