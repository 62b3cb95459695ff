import CLibCurl

/// One libcurl transfer, used again for the next. It stays on the thread that made it.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let words: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        words.deallocate()
        freeLists()
    }

    /// Forgets all options; only what makes the next call quicker stays: names looked up, TLS sessions.
    func reset() {
        curl_easy_reset(pointer)
        words[0] = 0
        freeLists()
        clibcurl_set_error_buffer(pointer, words)
    }

    /// What libcurl said of the last transfer.
    var message: String { String(cString: words) }

    /// Whether any byte of the request was written to a connection.
    var hasSent: Bool { clibcurl_number(pointer, CURLINFO_REQUEST_SIZE) > 0 }

    var status: Int { clibcurl_number(pointer, CURLINFO_RESPONSE_CODE) }
    var errorNumber: Int32 { Int32(truncatingIfNeeded: clibcurl_number(pointer, CURLINFO_OS_ERRNO)) }

    /// An option that is not taken must not be silently missing: it may be the one that makes the call safe.
    func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try check(clibcurl_set_number(pointer, option, value), option)
    }

    func set(_ option: CURLoption, size: Int) throws(HTTPFailure) {
        try check(clibcurl_set_size(pointer, option, curl_off_t(size)), option)
    }

    func set(_ option: CURLoption, _ value: String?) throws(HTTPFailure) {
        try check(clibcurl_set_text(pointer, option, value), option)
    }

    func set(_ option: CURLoption, _ lines: [String]) throws(HTTPFailure) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw HTTPFailure(CURLE_OUT_OF_MEMORY, text: "", errorNumber: 0, wasSent: false)
            }
            list = longer
        }
        if let list { lists.append(list) }
        try check(clibcurl_set_list(pointer, option, list), option)
    }

    func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPFailure) {
        guard code != CURLE_OK else { return }
        let words = "libcurl does not take option \(option.rawValue): \(String(cString: curl_easy_strerror(code)))"
        throw HTTPFailure(code, text: words, errorNumber: 0, wasSent: false)
    }

    private func freeLists() {
        for list in lists { curl_slist_free_all(list) }
        lists = []
    }
}
