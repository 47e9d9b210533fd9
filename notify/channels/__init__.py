"""The ways out of the house: e-mail, SMS, chat bots, signed webhooks."""
