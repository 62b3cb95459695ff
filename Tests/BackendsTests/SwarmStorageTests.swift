import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmStorageTests {
    private func mounts(_ mounts: JSONValue, user: String = "alice") throws -> JSONValue? {
        let plan = try SwarmTest.plan(["mounts": mounts], user: user)
        var found = try SwarmTest.specification(plan)["TaskTemplate"]?["ContainerSpec"]?["Mounts"]?.arrayValue ?? []
        for index in found.indices {
            guard var mount = found[index].objectValue, var volume = mount["VolumeOptions"]?.objectValue else {
                continue
            }
            let labels = volume["Labels"]?.objectValue?.filter { !$0.key.hasPrefix("multiplespawner.") } ?? [:]
            volume["Labels"] = labels.isEmpty ? nil : .object(labels)
            mount["VolumeOptions"] = volume.isEmpty ? nil : .object(volume)
            found[index] = .object(mount)
        }
        return .array(found)
    }

    @Test func `Volumes, anonymous volumes, binds, memory and pipes become Docker's mounts`() throws {
        #expect(
            try mounts([
                [
                    "source": "home-{service_owner}", "target": "/home/jovyan", "no_copy": true,
                    "consistency": "default",
                ],
                ["source": "", "target": "/scratch"], ["target": "/also"],
                ["type": "bind", "source": "/srv/data", "target": "/data", "read_only": true, "propagation": "rslave"],
                ["type": "tmpfs", "source": "", "target": "/tmp", "tmpfs_size": "64M", "tmpfs_mode": "1777"],
                ["type": "npipe", "source": #"\\.\pipe\x"#, "target": #"\\.\pipe\x"#],
            ]) == [
                [
                    "Type": "volume", "Source": "home-alice", "Target": "/home/jovyan", "Consistency": "default",
                    "VolumeOptions": ["NoCopy": true],
                ],
                ["Type": "volume", "Target": "/scratch"], ["Type": "volume", "Target": "/also"],
                [
                    "Type": "bind", "Source": "/srv/data", "Target": "/data", "ReadOnly": true,
                    "BindOptions": ["Propagation": "rslave"],
                ],
                ["Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": ["SizeBytes": 67_108_864, "Mode": 0o1777]],
                ["Type": "npipe", "Source": #"\\.\pipe\x"#, "Target": #"\\.\pipe\x"#],
            ])
    }

    @Test func `NFS and CIFS go through the local driver`() throws {
        let nfs: JSONValue = [
            "name": "local",
            "options": ["type": "nfs4", "o": "addr=10.0.0.1,rw", "device": ":/var/nfs/{service_owner}/"],
        ]
        let found = try mounts([["source": "nfs-{service_owner}", "target": "/home", "driver_config": nfs]])
        #expect(
            found?.arrayValue?.first?["VolumeOptions"]?["DriverConfig"] == [
                "Name": "local", "Options": ["type": "nfs4", "o": "addr=10.0.0.1,rw", "device": ":/var/nfs/alice/"],
            ])
        let cifs: JSONValue = ["name": "local", "options": ["type": "cifs", "o": "username=a", "device": "//s/share"]]
        #expect(throws: Never.self) { try mounts([["source": "c", "target": "/c", "driver_config": cifs]]) }
    }

    @Test func `A volume says which hub and session made it, and only a volume does`() throws {
        let container = try SwarmTest.specification([
            "mounts": [
                ["source": "v", "target": "/v", "labels": ["autoremove": "True"]], ["type": "tmpfs", "target": "/t"],
            ]
        ])["TaskTemplate"]?["ContainerSpec"]
        #expect(
            container?["Mounts"]?.arrayValue?.first?["VolumeOptions"]?["Labels"] == [
                "autoremove": "True", "multiplespawner.hub": "h", "multiplespawner.session": "0123456789abcdef",
                "multiplespawner.user": "alice", "multiplespawner.version": "1",
            ])
        #expect(container?["Mounts"]?.arrayValue?.last == ["Type": "tmpfs", "Target": "/t"])
    }

    @Test func `A named volume goes with its session when it is labelled so with anything but False`() throws {
        func removed(_ mount: JSONValue) throws -> [String] {
            try SwarmOptions(["mounts": [mount]], user: "alice").volumesToRemove
        }
        #expect(
            try removed(["source": "v-{service_owner}", "target": "/v", "labels": ["autoremove": "True"]]) == [
                "v-alice"
            ])
        #expect(try removed(["source": "v", "target": "/v", "label": ["autoremove": "yes"]]) == ["v"])
        #expect(try removed(["source": "v", "target": "/v", "labels": ["autoremove": "False"]]) == [])
        #expect(try removed(["source": "v", "target": "/v"]) == [])
        #expect(try removed(["source": "", "target": "/v", "labels": ["autoremove": "True"]]) == [])
    }

    @Test(
        arguments: [
            (["source": "v", "target": "home"], "whole path"), (["source": "v", "target": "/a/../etc"], "'..'"),
            (["source": "v", "target": "/a/.."], "'..'"), (["source": "v", "target": "/a/./b"], "empty or '.'"),
            (["type": "bind", "source": "/srv/data/", "target": "/a"], "ends in '/'"),
            (["type": "bind", "source": "/srv/data/.", "target": "/a"], "empty or '.'"),
            (["type": "bind", "source": "/srv//x", "target": "/a"], "empty or '.'"),
            (
                [
                    "source": "v", "target": "/a",
                    "driver_config": ["name": "local", "options": ["type": "nfs4", "device": ":/var/nfs//x"]],
                ], "empty or '.'"
            ),
            (["type": "bind", "source": "srv", "target": "/a"], "whole path"),
            (["type": "bind", "source": "/srv/../etc", "target": "/a"], "'..'"),
            (["type": "bind", "target": "/a"], "whole path"),
            (["source": "/srv/data", "target": "/a"], "set 'type' to 'bind'"),
            (["source": "a b", "target": "/a"], "name"),
            (["type": "bind", "source": "/a", "target": "/a", "no_copy": true], "only a volume has"),
            (["type": "tmpfs", "target": "/a", "driver_config": ["name": "local"]], "only a volume has"),
            (["source": "v", "target": "/a", "tmpfs_size": 1], "only a tmpfs has"),
            (["source": "v"], "'target' is missing"),
            (
                [
                    "source": "v", "target": "/a",
                    "driver_config": ["name": "local", "options": ["device": ":/x/../y"]],
                ], "'..'"
            ),
            (["source": "v", "target": "/a\u{301}/../b"], "'..'"),
            (["source": "v", "target": "/a\n/b"], "control character"),
        ] as [(JSONValue, String)])
    func `A mount that cannot work, or that goes up, is refused`(mount: JSONValue, reason: String) {
        #expect(SwarmTest.refusal { try mounts([mount]) }.contains(reason))
    }

    @Test(
        arguments: [
            (["password": "p"], "lacks 'sshcmd'"), (["sshcmd": "u@h:/p"], "no way to log in"),
            (["sshcmd": "u@h:/p", "password": "p", "id_rsa": "k"], "'password' and 'id_rsa'; give one"),
            (["sshcmd": "-oProxyCommand=x", "password": "p"], "not 'user@host:/path'"),
            (["sshcmd": "u@h", "password": "p"], "not 'user@host:/path'"),
            (["sshcmd": "u@h:/a/../b", "password": "p"], "'..'"),
            (["sshcmd": "u@h:/p", "password": "p", "port": "x"], "'port'"),
            (["sshcmd": "u@h:/p", "password": "p", "uid": "1\n2"], "control character in 'uid'"),
        ] as [([String: JSONValue], String)])
    func `sshfs options that cannot work are told before Docker tries, and never with a value`(
        options: [String: JSONValue], reason: String
    ) {
        let message = SwarmTest.refusal {
            try mounts([
                [
                    "source": "s", "target": "/s",
                    "driver_config": ["name": "ucphhpc/sshfs:latest", "options": .object(options)],
                ]
            ])
        }
        #expect(message.contains(reason))
    }

    @Test func `An sshfs volume with a key and its options is handed on as it is`() throws {
        let driver: JSONValue = [
            "name": "ucphhpc/sshfs:latest",
            "options": [
                "sshcmd": "mountuser@h:", "id_rsa": "-----BEGIN\nx,y\n", "port": "2222", "allow_other": "",
                "big_writes": "", "reconnect": "",
            ],
        ]
        let found = try mounts([
            ["type": "volume", "source": "s-{service_owner}", "target": "/s", "driver_config": driver]
        ])
        #expect(
            found?.arrayValue?.first?["VolumeOptions"]?["DriverConfig"]?["Options"]?["id_rsa"] == "-----BEGIN\nx,y\n")
    }

    @Test func `A password and a user's name in a volume are no template of Docker's`() throws {
        let options: JSONValue = [
            "mounts": [
                [
                    "source": "s", "target": "/s",
                    "driver_config": ["name": "sshfs", "options": ["sshcmd": "u@h:/", "password": "a{{b"]],
                ]
            ]
        ]
        let plan = try SwarmTest.plan(options, user: "{{x}}")
        let volume = try SwarmTest.specification(plan)["TaskTemplate"]?["ContainerSpec"]?["Mounts"]?.arrayValue?
            .first?["VolumeOptions"]
        #expect(volume?["DriverConfig"]?["Options"]?["password"] == #"a{{"{{"}}b"#)
        #expect(volume?["Labels"]?["multiplespawner.user"] == #"{{"{{"}}x}}"#)
    }

    @Test func `Mounts that a hook asks for are beside the template's, and replace those at the same place`() throws {
        let container = try SwarmTest.specification([
            "mounts": [["source": "a", "target": "/a"], ["source": "b", "target": "/b"]]
        ]) {
            $0.mounts = [MountSpecification(kind: .bind, source: "/srv/x", target: "/b")]
        }["TaskTemplate"]?["ContainerSpec"]
        #expect(container?["Mounts"]?.arrayValue?.compactMap { $0["Source"]?.stringValue } == ["a", "/srv/x"])
    }
}
