package io.github.clickhousebackupagent.internal.route;

import org.apache.camel.Exchange;
import org.apache.camel.component.seda.BlockingQueueFactory;

/**
 * Makes queues of what runs and their hooks leave behind, which let go of their consumers when they
 * end: {@code queueFactory} of a seda.
 */
public final class EndingQueues implements BlockingQueueFactory<Exchange> {

    @Override
    public EndingQueue create() {
        return new EndingQueue(Integer.MAX_VALUE, true);
    }

    @Override
    public EndingQueue create(int capacity) {
        return new EndingQueue(capacity, true);
    }
}
