namespace Cloudreve.Testing.Contract;

/// <summary>A value that is allowed although the OpenAPI file does not list it.</summary>
/// <param name="At">The schema with the list of values.</param>
/// <param name="Reason">The section of behaviour.md that has it.</param>
internal sealed record ValueAllowance(string At, string Value, string Reason);

/// <summary>A property that is allowed although the OpenAPI file does not list it.</summary>
/// <param name="At">The schema with the properties.</param>
/// <param name="Name">The property.</param>
/// <param name="Schema">Its own schema, as JSON.</param>
/// <param name="Reason">The section of behaviour.md that has it.</param>
internal sealed record PropertyAllowance(string At, string Name, string Schema, string Reason);

/// <summary>An HTTP status that is allowed although the OpenAPI file does not list it. Such answers have no envelope.</summary>
/// <param name="Reason">The section of behaviour.md that has it.</param>
internal sealed record StatusAllowance(string OperationId, int Status, string Reason);

/// <summary>Points on which behaviour.md says more than the OpenAPI file. Every entry names its section.</summary>
internal static class ContractAllowances
{
    /// <summary>Further values of enumerations.</summary>
    public static IReadOnlyList<ValueAllowance> Values { get; } =
    [
        new("#/components/schemas/User/properties/avatar", "", "5: avatar is empty, file or gravatar"),
        new("#/components/schemas/UserPublic/properties/avatar", "", "5: avatar is empty, file or gravatar"),
        new("#/components/schemas/SiteConfig/properties/google_map_tile_type", "regular", "27: the docs say normal, the server regular"),
    ];

    /// <summary>Enumerations that accept any value, with the section of behaviour.md that has it.</summary>
    public static IReadOnlyDictionary<string, string> OpenEnumerations { get; } = new Dictionary<string, string>
    {
        ["#/paths//site/config/{section}/get/parameters/section"] = "21: an unknown section is basic",
    };

    /// <summary>Further numeric codes, with where they are documented.</summary>
    public static IReadOnlyDictionary<int, string> Codes { get; } = new Dictionary<int, string>
    {
        [429] = "HTTP's own number for too many requests: the contract has no limits. docs/operations.md, Guessing and flooding",
    };

    /// <summary>Further properties.</summary>
    public static IReadOnlyList<PropertyAllowance> Properties { get; } = [];

    /// <summary>Further HTTP statuses.</summary>
    public static IReadOnlyList<StatusAllowance> Statuses { get; } =
    [
        new("createDownloadUrl", 302, "15: redirect with one uri"),
        new("completeCosUpload", 401, "1: upload callbacks"),
        new("completeCosUpload", 400, "1: upload callbacks"),
        new("completeS3Upload", 401, "1: upload callbacks"),
        new("completeS3Upload", 400, "1: upload callbacks"),
        new("completeObsUpload", 401, "1: upload callbacks"),
        new("completeObsUpload", 400, "1: upload callbacks"),
        new("completeOnedriveUpload", 401, "1: upload callbacks"),
    ];

    /// <summary>Operations that may answer with a stream of events in place of JSON.</summary>
    public static IReadOnlySet<string> EventStreams { get; } = new HashSet<string> { "listFiles", "streamFileEvents" };
}
