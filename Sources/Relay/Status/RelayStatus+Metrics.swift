internal import RelayAuth
internal import RelayNet
internal import RelayProtocol
internal import RelayStorage

/// `/metrics`. Labels have few values, all known here: never a user, an address or a path.
extension RelayStatus {
    package var metrics: [UInt8] {
        var text = PrometheusText()
        writeProcess(to: &text)
        writeState(to: &text)
        writeMessages(to: &text)
        writeNet(to: &text)
        writeHTTP(to: &text)
        if let storage { storage.write(to: &text) }
        if let accounts { accounts.write(to: &text) }
        return text.bytes
    }

    private func writeProcess(to text: inout PrometheusText) {
        let health = RelayHealth(of: self)
        text.family("relay_build_info", "Which program this is.", .gauge)
        text.sample("relay_build_info", [("version", version)], value: 1)
        text.gauge("relay_start_time_seconds", "When the relay was started.", Double(started) / 1_000_000)
        text.gauge("relay_ready", "Whether traffic may be sent here.", health.isReady ? 1 : 0)
        text.family(
            "relay_health_state", "1 for the present state.", .gauge, by: "state",
            [RelayHealth.Grade.healthy, .degraded, .unhealthy].map { ($0.rawValue, $0 == health.grade ? 1 : 0) })
        text.gauge("relay_open_mode", "Whether nobody is asked for a token.", isOpen ? 1 : 0)
        text.gauge("relay_process_resident_memory_bytes", "Memory in use.", process.residentBytes)
        text.counter("relay_process_cpu_seconds_total", "Processor time used.", process.cpuSeconds)
        text.gauge("relay_process_open_fds", "Open descriptors.", process.openDescriptors)
        text.gauge("relay_process_max_fds", "Descriptors that may be open.", process.maxDescriptors)
        text.counter("relay_log_lines_dropped_total", "Log lines that found the queue full.", droppedLogLines)
        if !jobs.isEmpty {
            text.family(
                "relay_job_stalled", "1 for work in the background that does not get on.", .gauge, by: "job",
                jobs.map { ($0.name, $0.isStalled ? 1 : 0) })
        }
        if let certificateEnd {
            text.gauge(
                "relay_tls_certificate_expiry_timestamp_seconds", "End of the certificate's validity.", certificateEnd)
        }
    }

    private func writeState(to text: inout PrometheusText) {
        text.gauge("relay_connections", "Open WebSockets.", connections)
        text.gauge("relay_sessions", "WebSockets that said HELLO.", sessions)
        text.gauge("relay_lagging_sessions", "Sessions that do not take their output as fast as it comes.", lagging)
        text.gauge("relay_queued_bytes", "Output that waits for slow peers.", queuedBytes)
        text.gauge("relay_params", "Stored params.", params)
        text.gauge("relay_subscriptions", "Subscriptions of all sessions.", subscriptions)
        text.gauge("relay_definitions", "Announced signals.", definitions)
        text.counter("relay_params_expired_total", "Params whose time was over.", expired)
    }

    private func writeMessages(to text: inout PrometheusText) {
        func samples(_ counters: MessageCounters) -> [(label: String, value: UInt64)] {
            MessageType.allCases.map { ($0.name.description.lowercased(), counters[$0]) }
        }
        text.family(
            "relay_messages_received_total", "CLASP messages from clients.", .counter, by: "type", samples(received))
        text.family("relay_messages_sent_total", "CLASP messages to clients.", .counter, by: "type", samples(sent))
        text.counter("relay_messages_undecodable_total", "Messages that were none, and ignored.", undecodable)
        text.family(
            "relay_errors_sent_total", "ERRORs sent to clients.", .counter, by: "code",
            errors.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) })
        text.family(
            "relay_limit_refusals_total", "How often a limit was met.", .counter, by: "limit",
            LimitName.allCases.map { ($0.name, limits[$0]) })
        text.counter(
            "relay_updates_conflated_total", "Updates that a lagging peer got only the newest of.", conflated)
        text.histogram("relay_fanout_listeners", "Listeners of a broadcast.", fanOut)
    }

    private func writeNet(to text: inout PrometheusText) {
        text.counter("relay_connections_accepted_total", "TCP connections accepted.", net.accepted)
        text.counter("relay_connections_opened_total", "WebSockets opened.", net.opened)
        text.counter("relay_connections_closed_total", "WebSockets that ended.", net.closed)
        text.family(
            "relay_connections_refused_total", "Connections turned away before they were WebSockets.", .counter,
            by: "reason",
            [
                ("full", net.refusedFull), ("no_descriptor", net.refusedNoDescriptor),
                ("per_client", net.refusedPerClient), ("origin", net.refusedOrigin),
                ("handshake", net.refusedHandshake), ("timeout", net.handshakeTimeouts),
            ])
        text.family(
            "relay_connections_cut_total", "WebSockets that the relay ended.", .counter, by: "reason",
            [
                ("slow", net.closedSlow), ("unresponsive", net.closedUnresponsive), ("idle", net.closedIdle),
                ("violation", net.violations),
            ])
        text.counter("relay_probes_total", "Plain HTTP requests on the WebSocket port.", net.probes)
        text.counter("relay_received_bytes_total", "Bytes read from WebSockets.", net.bytesIn)
        text.counter("relay_sent_bytes_total", "Bytes written to WebSockets.", net.bytesOut)
        text.counter("relay_sends_total", "System calls that wrote to WebSockets.", net.sends)
        text.counter("relay_loop_turns_total", "Turns of the loop.", net.turns)
        text.histogram(
            "relay_loop_gap_seconds", "Time between two looks at the sockets, while there was work.", loopGap,
            scale: 1e-6)
        let (seconds, attoseconds) = longestGap.components
        text.gauge(
            "relay_loop_longest_gap_seconds", "The longest of them since the start.",
            Double(seconds) + Double(attoseconds) * 1e-18)
    }

    private func writeHTTP(to text: inout PrometheusText) {
        text.gauge("relay_http_connections", "Open connections of the HTTP port.", http.connections)
        text.counter("relay_http_requests_total", "HTTP requests.", http.requests)
        text.family(
            "relay_http_responses_total", "HTTP responses by the first digit of their status.", .counter, by: "class",
            http.responses.enumerated().dropFirst().map { ("\($0.offset)xx", UInt64(clamping: $0.element)) })
        text.counter("relay_http_timeouts_total", "HTTP requests that took too long to arrive.", http.timeouts)
        text.counter(
            "relay_http_refused_total", "HTTP connections turned away.", http.refusedFull + http.refusedPerClient)
        text.counter("relay_http_sent_bytes_total", "Bytes of HTTP responses.", http.bytesOut)
    }
}

extension StorageStatus {
    fileprivate func write(to text: inout PrometheusText) {
        text.family(
            "relay_storage_mode", "1 for the present mode.", .gauge, by: "mode",
            [
                ("writable", health.mode == .writable ? 1 : 0), ("congested", health.mode == .congested ? 1 : 0),
                ("read_only", health.mode == .readOnly ? 1 : 0),
            ])
        text.gauge("relay_storage_degraded", "Whether a person should look.", health.isDegraded ? 1 : 0)
        text.gauge("relay_quarantined_files", "Files that could not be trusted.", health.quarantined)
        text.gauge("relay_journal_unwritten_records", "Records on their way to the file.", unwritten)
        text.gauge("relay_journal_unsynced_records", "Records that a power cut would take.", unsynced)
        text.counter("relay_journal_syncs_total", "Times the journal was synced to the disk.", health.syncs)
        text.gauge("relay_journal_size_bytes", "Journal files.", health.journalBytes)
        text.counter("relay_checkpoints_total", "Checkpoints written.", health.checkpoints)
        text.counter("relay_checkpoint_failures_total", "Checkpoints that failed.", health.failedCheckpoints)
        if let last = health.lastCheckpoint {
            let (seconds, attoseconds) = last.duration.components
            text.gauge(
                "relay_checkpoint_last_success_timestamp_seconds", "When the last checkpoint was complete.",
                Double(last.finished) / 1_000_000)
            text.gauge(
                "relay_checkpoint_last_duration_seconds", "What it took.", Double(seconds) + Double(attoseconds) * 1e-18
            )
            text.gauge("relay_checkpoint_last_size_bytes", "How large it is.", last.bytes)
            text.gauge("relay_checkpoint_last_params", "Params in it.", last.params)
        }
        if let disk = health.disk {
            text.gauge("relay_disk_size_bytes", "The disk of the data directory.", disk.total)
            text.gauge("relay_disk_available_bytes", "What is left of it.", disk.available)
        }
    }
}

extension AccountStatus {
    fileprivate func write(to text: inout PrometheusText) {
        text.family("relay_auth_attempts_total", "Attempts to sign in, up or on.", .counter)
        for attempt in attempts {
            text.sample(
                "relay_auth_attempts_total", [("action", attempt.action), ("result", attempt.result)],
                value: Double(attempt.count))
        }
        text.gauge("relay_tokens", "Tokens that could open a session, signed ones left aside.", tokens)
        text.gauge("relay_hash_queue", "Passwords that wait to be hashed.", hashQueue)
        text.histogram("relay_hash_wait_seconds", "How long they waited.", hashWait, scale: 1e-6)
    }
}
