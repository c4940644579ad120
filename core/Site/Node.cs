using Cloudreve.Core.Infrastructure.Boolsets;

namespace Cloudreve.Core.Site;

/// <summary>The features of a node; the numbers are bits of a boolset (contract, section 11.3).</summary>
internal enum NodeFeature
{
    /// <summary>Creates archives.</summary>
    CreateArchive = 1,

    /// <summary>Extracts archives.</summary>
    ExtractArchive = 2,

    /// <summary>Downloads from other sites.</summary>
    RemoteDownload = 3,

    /// <summary>Moves blobs between storage policies.</summary>
    Relocate = 4,
}

/// <summary>A machine that does work for the site; node 1 is the site itself.</summary>
public sealed record Node
{
    /// <summary>The site itself.</summary>
    public const int MasterId = 1;

    /// <summary>The node's id.</summary>
    public required int Id { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>True if the node is the site itself.</summary>
    public bool IsMaster { get; init; }

    /// <summary>True if the node is active; a suspended node gets no work.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>The features of the node.</summary>
    public Boolset Capabilities { get; init; }

    /// <summary>Its share of the work, relative to the others'.</summary>
    public int Weight { get; init; }

    /// <summary>How it downloads torrents.</summary>
    public NodeSettings Settings { get; init; } = new();

    /// <summary>Checks whether the node has a feature.</summary>
    internal bool Has(NodeFeature feature) => Capabilities[(int)feature];
}
