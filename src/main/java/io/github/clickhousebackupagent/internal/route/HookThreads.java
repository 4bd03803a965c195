package io.github.clickhousebackupagent.internal.route;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that hooks run on. None is there before the first hook is called, and one that hangs
 * is interrupted, so that it comes back where it can. No hook waits for another one's thread.
 */
final class HookThreads extends AbstractExecutorService {

    /** So that who waits for the hook has given up before: it tells of no answer. */
    private static final Duration LATER = Duration.ofMillis(200);

    private final Duration limit;
    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor alarms;
    private final Set<Task> tasks = ConcurrentHashMap.newKeySet();

    /**
     * @param limit after which a hook is interrupted
     */
    HookThreads(Duration limit) {
        this.limit = limit.plus(LATER);
        this.pool =
                new ThreadPoolExecutor(
                        0,
                        Integer.MAX_VALUE,
                        10,
                        TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        daemons("hook"));
        this.alarms = new ScheduledThreadPoolExecutor(1, daemons("hook-limit"));
        this.alarms.setRemoveOnCancelPolicy(true);
        this.alarms.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Returns how many hooks have run at the same time at most. */
    int most() {
        return pool.getLargestPoolSize();
    }

    /** What runs now is interrupted after a while: the agent stops. */
    void end(Duration grace) {
        if (!alarms.isShutdown()) {
            alarms.schedule(
                    () -> tasks.forEach(Task::interrupt), grace.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void execute(Runnable command) {
        pool.execute(new Task(command));
    }

    @Override
    public void shutdown() {
        pool.shutdown();
        alarms.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        alarms.shutdownNow();
        return pool.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return pool.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return pool.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return pool.awaitTermination(timeout, unit);
    }

    private final class Task implements Runnable {

        private final Runnable command;
        private Thread worker;

        Task(Runnable command) {
            this.command = command;
        }

        @Override
        public void run() {
            begin();
            tasks.add(this);
            ScheduledFuture<?> alarm = null;
            try {
                alarm = alarms.schedule(this::interrupt, limit.toMillis(), TimeUnit.MILLISECONDS);
                command.run();
            } finally {
                if (alarm != null) {
                    alarm.cancel(false);
                }
                tasks.remove(this);
                end();
            }
        }

        private synchronized void begin() {
            worker = Thread.currentThread();
        }

        private synchronized void end() {
            worker = null;
            // The next task on this thread is another hook's.
            Thread.interrupted();
        }

        private synchronized void interrupt() {
            if (worker != null) {
                worker.interrupt();
            }
        }
    }
}
