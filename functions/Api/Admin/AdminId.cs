using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Admin;

/// <summary>The administration identifies objects by their plain numbers (contract, section 4).</summary>
internal static class AdminId
{
    /// <summary>Reads an id from a path.</summary>
    /// <param name="text">The segment of the path.</param>
    /// <exception cref="CloudreveException">40001: it is not a positive number.</exception>
    public static long Parse(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : throw Malformed();

    /// <summary>Reads the id of a group, storage policy or node from a path.</summary>
    /// <param name="text">The segment of the path.</param>
    /// <exception cref="CloudreveException">40001: it is not a positive number of 32 bits.</exception>
    public static int ParseInt32(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : throw Malformed();

    private static CloudreveException Malformed() => new(ErrorCode.BadParameter, "The id must be a positive number.");
}
