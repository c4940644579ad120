namespace Cloudreve.Core.Accounts.Mails.Smtp;

/// <summary>A mail that would be refused the next time as well.</summary>
/// <param name="message">Why; holds no address.</param>
/// <param name="inner">The cause.</param>
internal sealed class MailRefusedException(string message, Exception? inner = null) : Exception(message, inner);
