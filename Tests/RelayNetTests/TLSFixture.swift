/// Two self-signed certificates for `relay.test`, good for a hundred years, and their keys, which protect nothing.
enum TLSFixture {
    struct Identity: Sendable {
        let serial: String
        let certificate: String
        let key: String
    }

    static let first = Identity(
        serial: "1001",
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBcDCCARWgAwIBAgICEAEwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKcmVsYXku
            dGVzdDAgFw0yNjExMjEwMzM3MDlaGA8yMTI2MTAyODAzMzcwOVowFTETMBEGA1UE
            AwwKcmVsYXkudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ3L58wk6myx
            h4OoSZO6PI0R+jGdnOoR3ZYrjtHiyJWQO56dr0KBtSFqqJFfIcCFtnZCJKVPXTtx
            9p7QCc6c1wujUzBRMB0GA1UdDgQWBBQIQ7iBWTwr5iqpftdCVqUa8rAvNDAfBgNV
            HSMEGDAWgBQIQ7iBWTwr5iqpftdCVqUa8rAvNDAPBgNVHRMBAf8EBTADAQH/MAoG
            CCqGSM49BAMCA0kAMEYCIQDKSyigS1K/qvfEGqSbAUNZeYaPosh9NgmYzJorw28s
            uwIhAOjXuuJLEvlZqQVJuYtjP8SoXsV1a6LGGPVu5w/5EYIT
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglnNBOuiWOtLBt/Tp
            j7dIXCC6430ThDujrVcVWtsFkYyhRANCAASdy+fMJOpssYeDqEmTujyNEfoxnZzq
            Ed2WK47R4siVkDuena9CgbUhaqiRXyHAhbZ2QiSlT107cfae0AnOnNcL
            -----END PRIVATE KEY-----
            """)

    static let second = Identity(
        serial: "1002",
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBbzCCARWgAwIBAgICEAIwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKcmVsYXku
            dGVzdDAgFw0yNjExMjEwMzM3MDlaGA8yMTI2MTAyODAzMzcwOVowFTETMBEGA1UE
            AwwKcmVsYXkudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOYQ0bqGpQBe
            yHUkHWQptAHqtRPDsKiexqjB784yZyjCgsQx8LVZa29GzNDfRCauRnqJZXNMmz4x
            TRCewi3SSw2jUzBRMB0GA1UdDgQWBBTTYvXJ70VT/fBKIvRvej05DlGtdDAfBgNV
            HSMEGDAWgBTTYvXJ70VT/fBKIvRvej05DlGtdDAPBgNVHRMBAf8EBTADAQH/MAoG
            CCqGSM49BAMCA0gAMEUCIG3bAFIY22CayXSSq3v8GmaOomUjcCYxzPH8SDxiy9ea
            AiEAxyl3DxLUTXJQ1mcmaEZ5z2E7Ot1b25WLw/ytTaRmx04=
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVOTbyXPHnhcfPoxX
            QxjFF669PvQx4L6dmdfsu6ZRj/qhRANCAATmENG6hqUAXsh1JB1kKbQB6rUTw7Co
            nsaowe/OMmcowoLEMfC1WWtvRszQ30QmrkZ6iWVzTJs+MU0QnsIt0ksN
            -----END PRIVATE KEY-----
            """)
}
