using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>A limit on how often something may be done.</summary>
/// <param name="RowKey">The row key in a client's partition.</param>
/// <param name="Most">Maximum number of times within a window.</param>
/// <param name="Window">The length of a window, from the first time on.</param>
/// <param name="Plural">The plural noun for it in messages.</param>
internal sealed record BudgetLimit(string RowKey, int Most, TimeSpan Window, string Plural)
{
    /// <summary>The factor by which the limit of an area exceeds that of one of its networks.</summary>
    public const int AreaFactor = 4;

    private const int Whole = 100;

    /// <summary>True if each process counts for itself: a call that costs only a moment of a process's time is not worth a transaction.</summary>
    public bool IsLocal { get; init; }

    private static readonly TimeSpan s_quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <summary>The limit of a budget.</summary>
    public static BudgetLimit Of(ClientBudget budget) => budget switch
    {
        ClientBudget.FailedSignIns => new("signins", 30, s_quarter, "failed sign-ins"),
        ClientBudget.WrongCodes => new("codes", 30, s_quarter, "wrong codes"),
        ClientBudget.WrongSharePasswords => new("shares", 60, s_quarter, "wrong share passwords"),
        ClientBudget.UnknownAccounts => new("accounts", 60, s_quarter, "unknown email addresses"),
        ClientBudget.SignUps => new("signups", 60, s_hour, "sign-ups"),
        ClientBudget.Mails => new("mails", 20, s_hour, "emails"),
        ClientBudget.AbuseReports => new("reports", 20, s_hour, "abuse reports"),
        ClientBudget.CaptchaPictures => new("captchas", 240, s_quarter, "captchas") { IsLocal = true },
        ClientBudget.Ceremonies => new("ceremonies", 120, s_quarter, "sign-in requests"),
        ClientBudget.FailedDavSignIns => new("dav", 60, s_quarter, "failed WebDAV sign-ins"),
        _ => throw new ArgumentOutOfRangeException(nameof(budget)),
    };

    /// <summary>The limit of a site that grants more or less than usual; null where it sets none.</summary>
    /// <param name="percent">The percentage of the usual limit.</param>
    public BudgetLimit? Scale(long percent) => percent switch
    {
        0 => null,
        Whole => this,
        _ => this with { Most = (int)Math.Clamp(Most * Math.Min(percent, int.MaxValue) / Whole, 1, int.MaxValue / AreaFactor) },
    };

    /// <summary>Checks whether a client has used up its budget.</summary>
    /// <param name="record">The counts.</param>
    /// <param name="underWay">The amount in progress that may have to be counted as well.</param>
    public bool IsSpent(BudgetRecord record, ClientAddress client, int underWay = 0) =>
        record.CountOf(client) + underWay >= Most || record.Total + underWay >= Most * AreaFactor;

    /// <summary>The error for a client that has used up its budget.</summary>
    /// <param name="wait">The time that it has to wait.</param>
    public CloudreveException Refuse(TimeSpan wait)
    {
        var minutes = Math.Max(1, (int)Math.Ceiling(wait.TotalMinutes));
        var unit = minutes == 1 ? "minute" : "minutes";
        return new CloudreveException(ErrorCode.TooManyRequests, $"Too many {Plural} from your network. Try again in {minutes} {unit}.");
    }
}
