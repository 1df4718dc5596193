# SPDX-License-Identifier: Apache-2.0
# Of all rendered objects: says what isn't as it has to be, one line for each.
def must($what; $holds): if $holds then empty else $what end;
def one($kind): map(select(.kind == $kind)) | if length == 1 then .[0] else "\(length) of \($kind)" | error end;
def volumes: map({key: .name, value: del(.name)}) | from_entries;

one("Namespace") as $namespace | one("ServiceAccount") as $account | one("ConfigMap") as $settings
| one("DaemonSet") as $set | $set.spec.template.spec as $pod | $pod.containers[0] as $container
| ($pod.volumes | volumes) as $volumes

| must("nothing but the five kinds";
       [.[].kind] - ["Namespace", "ServiceAccount", "ConfigMap", "DaemonSet", "PodMonitor"] == []),
  must("all in the namespace"; all(.[]; .kind == "Namespace" or .metadata.namespace == $namespace.metadata.name)),
  must("the level of Pod Security"; $namespace.metadata.labels["pod-security.kubernetes.io/enforce"] == "privileged"),
  must("no token"; [$account, $pod | .automountServiceAccountToken] == [false, false]),
  must("the pod's account"; $pod.serviceAccountName == $account.metadata.name),
  must("one container, nothing before or beside it";
       ($pod.containers | length) == 1 and $pod.initContainers == null and $pod.ephemeralContainers == null),
  must("none of the host's namespaces";
       [$pod | .hostPID, .hostNetwork, .hostIPC, .shareProcessNamespace | . == true] | any | not),
  must("no port of the host"; all($container.ports[]; .hostPort == null)),
  must("no service links"; $pod.enableServiceLinks == false),

  must("the pod's security context";
       ($pod.securityContext | del(.seLinuxOptions))
       == {runAsUser: 0, runAsGroup: 0, seccompProfile: {type: "RuntimeDefault"}}),
  must("SELinux, if anything, as spc_t"; ($pod.securityContext.seLinuxOptions // {type: "spc_t"}) == {type: "spc_t"}),
  must("the container's security context";
       $container.securityContext == {privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true,
                                      capabilities: {drop: ["ALL"]}}),

  must("the volumes"; $volumes == {
    settings: {configMap: {name: $settings.metadata.name}},
    cgroups: {hostPath: {path: "/sys/fs/cgroup", type: "Directory"}},
    "container-logs": {hostPath: {path: "/var/log/containers", type: "Directory"}},
    runtime: {emptyDir: {medium: "Memory", sizeLimit: "1Mi"}}}),
  must("the mounts"; ($container.volumeMounts | volumes) == {
    settings: {mountPath: "/etc/cgroup-memory-manager", readOnly: true},
    cgroups: {mountPath: "/host/sys/fs/cgroup"},
    "container-logs": {mountPath: "/var/log/containers", readOnly: true},
    runtime: {mountPath: "/run/cgroup-memory-manager"}}),
  must("nothing from the environment"; $container.env == null and $container.envFrom == null),

  must("the image";
       $container.image == "cgroup-memory-manager:\($version)" and $container.imagePullPolicy == "IfNotPresent"),
  must("the entrypoint of the image, with the settings that are mounted";
       $container.command == null
       and $container.args == ["--config", "/etc/cgroup-memory-manager/\($settings.data | keys[0])"]
       and ($settings.data | length) == 1),
  must("probes"; [$container | .livenessProbe, .readinessProbe | .httpGet]
                 == [{path: "/healthz", port: "metrics"}, {path: "/readyz", port: "metrics"}]),
  must("the port"; $container.ports == [{name: "metrics", containerPort: 9753}]),
  must("small requests, a limit of memory, none of CPU time";
       ($container.resources | [paths(scalars) | join(".")] | sort)
       == ["limits.memory", "requests.cpu", "requests.memory"]),

  must("on every node with Linux";
       $pod.tolerations == [{operator: "Exists"}] and $pod.nodeSelector == {"kubernetes.io/os": "linux"}
       and $pod.affinity == null),
  must("not the first to be evicted"; $pod.priorityClassName == "system-node-critical"),
  must("one node in ten at a time";
       $set.spec.updateStrategy == {type: "RollingUpdate", rollingUpdate: {maxUnavailable: "10%"}}),
  must("a quick end"; $pod.terminationGracePeriodSeconds <= 10),
  must("selectors that fit";
       all(map(select(.kind == "DaemonSet" or .kind == "PodMonitor"))[].spec.selector.matchLabels;
           . == {"app.kubernetes.io/name": $set.spec.template.metadata.labels["app.kubernetes.io/name"]})),
  must("the version"; [$set.metadata, $set.spec.template.metadata | .labels["app.kubernetes.io/version"]]
                      == [$version, $version]),
  must("a port to scrape"; all(map(select(.kind == "PodMonitor"))[].spec.podMetricsEndpoints[];
                               .port == $container.ports[0].name))
