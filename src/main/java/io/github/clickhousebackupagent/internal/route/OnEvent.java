package io.github.clickhousebackupagent.internal.route;

import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Does something at one kind of event of a Camel context. */
final class OnEvent extends EventNotifierSupport {

    private final Class<? extends CamelEvent> type;
    private final Runnable action;

    OnEvent(Class<? extends CamelEvent> type, Runnable action) {
        this.type = type;
        this.action = action;
        // Else each step of each exchange makes an event, for nobody.
        setIgnoreExchangeEvents(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreStepEvents(true);
    }

    @Override
    public void notify(CamelEvent event) {
        action.run();
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return type.isInstance(event);
    }
}
