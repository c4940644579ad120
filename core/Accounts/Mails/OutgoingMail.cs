namespace Cloudreve.Core.Accounts.Mails;

/// <summary>A mail to be sent.</summary>
/// <param name="Id">The same for every try, so that a mail that arrives twice can be recognised.</param>
/// <param name="ToAddress">The recipient's address.</param>
/// <param name="ToName">The recipient's name.</param>
/// <param name="HtmlBody">The text, in HTML.</param>
public sealed record OutgoingMail(string Id, string ToAddress, string ToName, string Subject, string HtmlBody);
