/// Owner of the state: sessions, parameters, subscriptions.
package actor Relay {
    package init() {}
}
