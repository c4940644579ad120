using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Admin;

/// <summary>The body of a deletion of several objects.</summary>
internal sealed record BatchIdsRequest(IReadOnlyList<long> Ids)
{
    /// <summary>Maximum number of ids in a request.</summary>
    public const int MaxIds = 1000;

    /// <summary>The ids as keys of a batch.</summary>
    /// <exception cref="CloudreveException">40001: there are none, or too many.</exception>
    public IReadOnlyList<string> Keys() => Ids.Count is >= 1 and <= MaxIds
        ? [.. Ids.Select(id => id.ToString(CultureInfo.InvariantCulture))]
        : throw new CloudreveException(ErrorCode.BadParameter, "Between 1 and 1,000 ids must be named.");
}
