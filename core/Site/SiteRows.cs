using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Sealing;

namespace Cloudreve.Core.Site;

/// <summary>Groups, policies and nodes as rows of the table of site rows: one partition for each kind, the id as key.</summary>
internal static class SiteRows
{
    public const string Groups = "group";
    public const string Policies = "policy";
    public const string Nodes = "node";

    private const string DeletedMark = "deleted";
    private const string SecretKey = "secret_key";
    private const string Token = "token";
    private const string Aria2Token = "aria2_token";
    private const string QbittorrentPassword = "qbittorrent_password";

    public static string Key(int id) => id.ToString("d10", CultureInfo.InvariantCulture);

    /// <summary>Checks whether a row represents something deleted. Such rows stay, so that no id is used twice.</summary>
    public static bool IsDeleted(Row row) => row.Flag(DeletedMark);

    /// <summary>The row that remains of a deleted group.</summary>
    public static Row DescribeDeleted(Group group)
    {
        var row = Describe(group);
        row[DeletedMark] = true;
        return row;
    }

    /// <summary>An id that no object of a kind ever had. One transaction.</summary>
    public static async Task<int> NextIdAsync(Table site, string kind, CancellationToken cancellationToken)
    {
        var last = 0;
        await foreach (var row in site.QueryAsync(new RowRange(kind), cancellationToken))
            last = ReadId(row);
        return checked(last + 1);
    }

    public static Row Describe(Group group) => new(Groups, Key(group.Id))
    {
        [Columns.Name] = group.Name,
        ["max_storage"] = group.MaxStorage,
        ["speed_limit"] = group.SpeedLimit,
        [Columns.Permissions] = group.Permissions.ToString(),
        [Columns.Settings] = JsonSerializer.Serialize(group.Settings, SiteJson.Default.GroupSettings),
        ["storage_policy"] = group.StoragePolicyId,
    };

    public static Group ReadGroup(Row row) => new()
    {
        Id = ReadId(row),
        Name = row.RequiredText(Columns.Name),
        MaxStorage = row.Number("max_storage") ?? 0,
        SpeedLimit = row.Number("speed_limit") ?? 0,
        Permissions = ReadBoolset(row, "permissions"),
        Settings = JsonSerializer.Deserialize(row.RequiredText(Columns.Settings), SiteJson.Default.GroupSettings) ?? new GroupSettings(),
        StoragePolicyId = (int?)row.Number("storage_policy"),
    };

    public static Row Describe(StoragePolicy policy, SealingKeys keys)
    {
        var row = DescribeOpen(policy);
        SealedColumn.Write(row, SecretKey, policy.SecretKey, keys);
        SealedColumn.Write(row, Token, policy.Settings.Token ?? "", keys);
        return row;
    }

    /// <summary>Checks whether a policy's secrets are stored as they would be now.</summary>
    public static bool IsSealed(Row row, SealingKeys keys) =>
        SealedColumn.IsCurrent(row, SecretKey, keys) && SealedColumn.IsCurrent(row, Token, keys) && (keys.CurrentId is null || ReadSettings(row).Token is null);

    private static Row DescribeOpen(StoragePolicy policy) => new(Policies, Key(policy.Id))
    {
        [Columns.Name] = policy.Name,
        [Columns.Driver] = policy.Driver,
        [Columns.Server] = policy.Server,
        ["bucket_name"] = policy.BucketName,
        ["is_private"] = policy.IsPrivate,
        ["access_key"] = policy.AccessKey,
        ["max_size"] = policy.MaxSize,
        ["dir_name_rule"] = policy.DirNameRule,
        ["file_name_rule"] = policy.FileNameRule,
        ["node_id"] = policy.NodeId,
        [Columns.Settings] = JsonSerializer.Serialize(policy.Settings with { Token = null }, SiteJson.Default.StoragePolicySettings),
        [Columns.IsLocal] = policy.IsLocal ? true : null,
        ["former_dir_name_rules"] = policy.FormerDirNameRules.Count == 0
            ? null
            : JsonSerializer.Serialize(policy.FormerDirNameRules, SiteJson.Default.IReadOnlyListString),
        [DeletedMark] = policy.IsDeleted ? true : null,
    };

    public static StoragePolicy ReadPolicy(Row row, SealingKeys keys) => new()
    {
        Id = ReadId(row),
        Name = row.RequiredText(Columns.Name),
        Driver = row.RequiredText(Columns.Driver),
        Server = row.Text(Columns.Server) ?? "",
        BucketName = row.Text("bucket_name") ?? "",
        IsPrivate = row.Flag("is_private"),
        AccessKey = row.Text("access_key") ?? "",
        SecretKey = SealedColumn.Read(row, SecretKey, keys),
        MaxSize = row.Number("max_size") ?? 0,
        DirNameRule = row.Text("dir_name_rule") ?? "",
        FileNameRule = row.Text("file_name_rule") ?? "",
        NodeId = (int?)row.Number("node_id"),
        Settings = SealedColumn.Read(row, Token, keys) is { Length: > 0 } token ? ReadSettings(row) with { Token = token } : ReadSettings(row),
        IsLocal = row.Flag(Columns.IsLocal),
        FormerDirNameRules = row.Text("former_dir_name_rules") is { } rules ? JsonSerializer.Deserialize(rules, SiteJson.Default.IReadOnlyListString) ?? [] : [],
        IsDeleted = row.Flag(DeletedMark),
    };

    private static StoragePolicySettings ReadSettings(Row row) =>
        JsonSerializer.Deserialize(row.RequiredText(Columns.Settings), SiteJson.Default.StoragePolicySettings) ?? new StoragePolicySettings();

    public static Row Describe(Node node, SealingKeys keys)
    {
        var (settings, row) = (node.Settings, new Row(Nodes, Key(node.Id))
        {
            [Columns.Name] = node.Name,
            [Columns.IsMaster] = node.IsMaster,
            [Columns.IsActive] = node.IsActive,
            [Columns.Capabilities] = node.Capabilities.ToString(),
            [Columns.Weight] = node.Weight,
        });
        SealedColumn.Write(row, Aria2Token, settings.Aria2?.Token ?? "", keys);
        SealedColumn.Write(row, QbittorrentPassword, settings.Qbittorrent?.Password ?? "", keys);
        var open = settings with
        {
            Aria2 = settings.Aria2 is { } aria2 ? aria2 with { Token = "" } : null,
            Qbittorrent = settings.Qbittorrent is { } qbittorrent ? qbittorrent with { Password = "" } : null,
        };
        row[Columns.Settings] = JsonSerializer.Serialize(open, SiteJson.Default.NodeSettings);
        return row;
    }

    /// <summary>Checks whether a node's secrets are stored as they would be now.</summary>
    public static bool IsNodeSealed(Row row, SealingKeys keys) =>
        SealedColumn.IsCurrent(row, Aria2Token, keys) && SealedColumn.IsCurrent(row, QbittorrentPassword, keys);

    public static Node ReadNode(Row row, SealingKeys keys) => new()
    {
        Id = ReadId(row),
        Name = row.RequiredText(Columns.Name),
        IsMaster = row.Flag(Columns.IsMaster),
        IsActive = row.Flag(Columns.IsActive),
        Capabilities = ReadBoolset(row, "capabilities"),
        Weight = (int)(row.Number(Columns.Weight) ?? 0),
        Settings = ReadNodeSettings(row, keys),
    };

    /// <summary>Nodes of earlier releases have no settings.</summary>
    private static NodeSettings ReadNodeSettings(Row row, SealingKeys keys)
    {
        var settings = row.Text(Columns.Settings) is { } text ? JsonSerializer.Deserialize(text, SiteJson.Default.NodeSettings) ?? new NodeSettings() : new NodeSettings();
        return settings with
        {
            Aria2 = settings.Aria2 is { } aria2 ? aria2 with { Token = SealedColumn.Read(row, Aria2Token, keys) } : null,
            Qbittorrent = settings.Qbittorrent is { } qbittorrent ? qbittorrent with { Password = SealedColumn.Read(row, QbittorrentPassword, keys) } : null,
        };
    }

    private static int ReadId(Row row) => int.Parse(row.RowKey, NumberStyles.None, CultureInfo.InvariantCulture);

    private static Boolset ReadBoolset(Row row, string name) => Boolset.TryParse(row.Text(name), out var set) ? set : default;

    private static class Columns
    {
        public const string Name = "name";
        public const string Permissions = "permissions";
        public const string Settings = "settings";
        public const string Driver = "driver";
        public const string Server = "server";
        public const string IsLocal = "local";
        public const string IsMaster = "master";
        public const string IsActive = "active";
        public const string Capabilities = "capabilities";
        public const string Weight = "weight";
    }
}
