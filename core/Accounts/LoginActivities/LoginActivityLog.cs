using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.LoginActivities;

/// <summary>
/// The sign-ins to accounts that their users see: a partition for each user, the newest first. Rows are swept when they have expired.
/// </summary>
/// <param name="clock">Stamps them.</param>
public sealed class LoginActivityLog(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The time that sign-ins are kept.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromDays(90);

    /// <summary>Number of sign-ins that are shown.</summary>
    public const int Shown = 20;

    // Failures beyond it are not noted: an attacker must not push the rest out of sight, nor fill the table.
    private const int MaxFailures = 10;

    private static readonly TimeSpan FailureWindow = TimeSpan.FromHours(1);

    /// <summary>Records a success. One transaction.</summary>
    /// <param name="activity">The activity; the time is set here.</param>
    public async Task AddAsync(long userId, LoginActivity activity, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var order = (DateTimeOffset.MaxValue.Ticks - now.Ticks).ToString("d19", CultureInfo.InvariantCulture);
        var row = new Row(PartitionOf(userId), $"{order}-{Guid.NewGuid():N}")
        {
            [Columns.At] = now,
            [Columns.Ip] = activity.Ip,
            [Columns.Browser] = activity.Browser,
            [Columns.Device] = activity.Device,
            [Columns.Os] = activity.Os,
            [Columns.Method] = (int)activity.Method,
            [Columns.OpenIdProvider] = activity.OpenIdProvider,
            [Columns.Success] = activity.Success,
            [Columns.WebDav] = activity.WebDav,
            [SessionSweep.ExpiresAt] = now + Age,
        };
        // The key is random: an existing row is our own, whose response was lost.
        await layout.Sessions.UpsertAsync(row, cancellationToken);
    }

    /// <summary>Records a failure, unless there have been many recently. Two transactions at most.</summary>
    public async Task AddFailureAsync(long userId, LoginActivity activity, CancellationToken cancellationToken = default)
    {
        var since = clock.GetUtcNow() - FailureWindow;
        var known = await ListAsync(userId, cancellationToken);
        if (known.Count(entry => !entry.Success && entry.At > since) < MaxFailures)
            await AddAsync(userId, activity with { Success = false }, cancellationToken);
    }

    /// <summary>The newest sign-ins and tries. One transaction.</summary>
    public async Task<IReadOnlyList<LoginActivity>> ListAsync(long userId, CancellationToken cancellationToken = default)
    {
        var page = await layout.Sessions.QueryPageAsync(new RowRange(PartitionOf(userId)), Shown, null, cancellationToken);
        return [.. page.Rows.Select(Read)];
    }

    /// <summary>Removes all sign-ins of an account: one transaction for each 100. Harmless to repeat.</summary>
    internal Task ClearAsync(long userId, CancellationToken cancellationToken) => RowSweep.DeleteAsync(
        layout.Sessions, layout.Sessions.QueryAsync(new RowRange(PartitionOf(userId)), cancellationToken), int.MaxValue, cancellationToken);

    private static string PartitionOf(long userId) => "logins-" + userId.ToString("x", CultureInfo.InvariantCulture);

    private static LoginActivity Read(Row row) => new()
    {
        At = row.Time(Columns.At) ?? default,
        Ip = row.Text(Columns.Ip) ?? "",
        Browser = row.Text(Columns.Browser) ?? "",
        Device = row.Text(Columns.Device) ?? "",
        Os = row.Text(Columns.Os) ?? "",
        Method = (LoginMethod)(row.Number(Columns.Method) ?? 0),
        OpenIdProvider = (int)(row.Number(Columns.OpenIdProvider) ?? 0),
        Success = row.Flag(Columns.Success),
        WebDav = row.Flag(Columns.WebDav),
    };

    private static class Columns
    {
        public const string At = "at";
        public const string Ip = "ip";
        public const string Browser = "browser";
        public const string Device = "device";
        public const string Os = "os";
        public const string Method = "method";
        public const string OpenIdProvider = "provider";
        public const string Success = "success";
        public const string WebDav = "webdav";
    }
}
