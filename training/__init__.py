"""How the embedded models are made: conversion of published weights, or training of students on a teacher's output."""
